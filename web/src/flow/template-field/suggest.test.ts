import { expect, test } from 'vitest';
import { holesOf, variablesRead } from './holes';
import { suggest, type Known } from './suggest';

const known: Known = {
  variables: [
    { name: 'contact_id', maybeUnset: true, setBy: ['lookup'] },
    { name: 'httpResult', maybeUnset: false, setBy: ['lookup'] },
  ],
  nodes: [{ id: 'lookup', name: 'Find the caller' }],
  samples: { event: { name: 'call.connected', from: '+44', caller: { 'x-id': 7, plan: 'gold' } }, contact: { email: 'ada@example.com' }, vars: { httpResult: { contacts: [{ id: 1 }] } } },
  request: true,
  transform: false,
};

const at = (text: string, bare = false, more: Partial<Known> = {}) => {
  const pos = text.indexOf('|>');
  return suggest(text.replace('|>', ''), pos, { ...known, ...more }, bare);
};
const labels = (text: string, bare = false, more: Partial<Known> = {}) => at(text, bare, more)?.options.map((option) => option.label) ?? null;

test('outside of a hole nothing is completed', () => {
  expect(at('https://api.example/|>')).toBeNull();
  expect(at('{{ event.from }}|>')).toBeNull();
});

test('after the braces come whole paths, then the roots, secrets in requests alone', () => {
  expect(labels('{{ |>')).toEqual(expect.arrayContaining(['vars.contact_id', 'event.from', 'contact.email', 'vars', 'steps', 'secret', 'conn']));
  expect(labels('{{ |> }}', false, { request: false })).not.toContain('secret');
  expect(at('{{ ev|> }}')?.from).toBe(3);
});

test('a variable says that it may be unset, and who sets it', () => {
  const found = at('{{ vars.|> }}')?.options.find((option) => option.label === 'contact_id');
  expect(found).toMatchObject({ detail: 'may be unset', info: 'Set by lookup. Not on every way that leads here.' });
});

test('keys of the samples are found at any depth, odd ones in brackets', () => {
  expect(labels('{{ event.caller.|> }}')).toEqual(['x-id', 'plan']);
  expect(at('{{ event.caller.|> }}')?.options[0]?.brackets).toBe(true);
  expect(labels('{{ vars.httpResult.contacts[0].|> }}')).toEqual(['id']);
  expect(labels('{{ user.|> }}')?.[0]).toBe('email');
});

test('steps name nodes, and what they answered', () => {
  expect(labels('{{ steps.|> }}')).toEqual(['lookup']);
  expect(labels('{{ steps.lookup.|> }}')).toContain('body');
});

test('filters after a bar, tests after is, nothing inside quotes or after a whole word', () => {
  expect(labels('{{ event.from | de|> }}')).toContain('default');
  expect(labels('vars.id is not |>', true)).toContain('defined');
  expect(at("{{ event.from | default('a|>') }}")).toBeNull();
  expect(at('{{ event.from |> }}')).toBeNull();
});

test('behind a whole value nothing is completed: an operator comes there', () => {
  expect(at("event.from == ''|>", true)).toBeNull();
  expect(at("event.from == 'a' |>", true)).toBeNull();
  expect(at('(vars.a)|>', true)).toBeNull();
  expect(labels('event.from == |>', true)).toContain('vars.contact_id');
});

test('a bare expression completes from its first letter', () => {
  expect(labels('va|>', true)).toContain('vars.contact_id');
  expect(labels('|>', true, { transform: true })).toContain('value');
});

test('holes are found, closed or not, and what they read but for texts in quotes', () => {
  expect(holesOf('a {{ b }} c {{ d').map(({ from, to }) => [from, to])).toEqual([[2, 9], [12, 16]]);
  expect(variablesRead("x vars.no {{ vars.a | default('vars.q') }}", false).map((read) => read.name)).toEqual(['a']);
  expect(variablesRead('vars.a and my.vars.b', true)).toEqual([{ name: 'a', from: 0, to: 6 }]);
});
