import { expect, test } from 'vitest';
import { differences } from './differences';
import { act, begin, redo, undo } from './history';
import { typedField } from './typed-field';

test('acts are taken back one by one, and done again', () => {
  const all = act(act(begin('a'), 'b', 'to b', 0), 'c', 'to c', 0);
  const back = undo(all);
  expect(back.present).toBe('b');
  expect(back.future.at(-1)?.what).toBe('to c');
  expect(undo(undo(back)).present).toBe('a');
  expect(redo(back).present).toBe('c');
  expect(redo(redo(back)).past.map(({ what }) => what)).toEqual(['to b', 'to c']);
  // Another act forgets what could be done again.
  expect(act(back, 'd', 'to d', 0).future).toEqual([]);
});

test('typing in one field is one step, until a pause or another field', () => {
  let history = begin('');
  for (const [at, text] of ['h', 'he', 'hel'].entries()) history = act(history, text, 'type', at * 500, 'name');
  expect(history.past).toHaveLength(1);
  expect(undo(history).present).toBe('');
  expect(act(history, 'help', 'type', 10_000, 'name').past).toHaveLength(2);
  expect(act(history, 'x', 'type', 1_200, 'text').past).toHaveLength(2);
  // After an undo typing begins a new step.
  expect(act(undo(history), 'n', 'type', 1_200, 'name').past).toHaveLength(1);
});

test('the same value is no act', () => {
  const history = begin('a');
  expect(act(history, 'a', 'nothing', 0)).toBe(history);
});

test('one text that differs is typing; anything else is an act of its own', () => {
  expect(typedField({ url: 'a', x: 1 }, { url: 'ab', x: 1 })).toBe('.url');
  expect(typedField({ cases: [{ on: '2' }] }, { cases: [{ on: '20' }] })).toBe('.cases.0.on');
  expect(typedField({}, { name: 'a' })).toBe('.name');
  expect(typedField({ a: '1', b: '1' }, { a: '2', b: '2' })).toBeNull();
  expect(typedField({ rows: ['a', 'b'] }, { rows: ['b', 'a'] })).toBeNull();
  expect(typedField({ on: true }, { on: false })).toBeNull();
});

test('what differs between two drafts is told by name, whatever the order of keys', () => {
  const mine = { kind: 'flow' as const, slug: 'f', name: 'F', trigger: { type: 'api' }, start: 'a', nodes: { a: { type: 'end', name: 'A' }, b: { type: 'end' }, c: { type: 'wait', name: 'C', duration: '1s' } } };
  const theirs = { ...mine, start: 'd', nodes: { a: { name: 'A', type: 'end' }, c: { type: 'wait', name: 'C', duration: '2s' }, d: { type: 'end', name: 'D' } } };
  expect(differences(mine, theirs)).toEqual({ first: ['b'], second: ['D'], both: ['C'], fields: ['start'] });
});
