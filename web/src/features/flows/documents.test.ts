import { expect, test } from 'vitest';
import { blankFlow, callFlow, callName, copyOf, freeSlug, slugIn } from './documents';

test('a blank flow starts with its event, or by the API', () => {
  expect(blankFlow('a', 'A', 'call.connected').trigger).toEqual({ type: 'event', event: 'call.connected' });
  expect(blankFlow('a', 'A', '').trigger).toEqual({ type: 'api' });
});

test('a pasted call leads to the end whatever comes back', () => {
  const doc = callFlow('a', 'A', { type: 'apiCall', method: 'POST', url: 'https://api.example.com/v1/items?x=1' });
  expect(doc.nodes.call).toMatchObject({ name: 'POST api.example.com/v1/items', cases: [{ on: '2xx', to: 'done' }, { on: 'other', to: 'done' }] });
  expect(callName({ type: 'apiCall', url: 'https://api.example.com/' })).toBe('GET api.example.com');
});

test('a copy has a number of its own', () => {
  expect(copyOf({ ...blankFlow('a', 'A', ''), number: 7 }, 'b', 'B')).toEqual(blankFlow('b', 'B', ''));
});

test('the slug is found in YAML and in JSON', () => {
  expect(slugIn('kind: flow\nslug: caller-lookup\nname: x')).toBe('caller-lookup');
  expect(slugIn('slug: "quoted"')).toBe('quoted');
  expect(slugIn('{"kind":"flow","slug":"in-json"}')).toBe('in-json');
  expect(slugIn('name: no-slug: here')).toBe('');
});

test('a slug that is taken gets a number', () => {
  expect(freeSlug('a', new Set())).toBe('a');
  expect(freeSlug('a', new Set(['a', 'a-2']))).toBe('a-3');
});
