import { expect, test } from 'vitest';
import { freeKey, insertedAfter, operationsOf, renamed, withKey, type IntegrationDoc } from './document';

test('a key stays where it stands, and leaves with its value', () => {
  expect(Object.keys(withKey({ a: 1, b: 2 }, 'a', 3))).toEqual(['a', 'b']);
  expect(withKey({ a: 1, b: [1] }, 'b', [])).toEqual({ a: 1 });
  expect(withKey({ a: 'x' }, 'a', '')).toEqual({});
  expect(withKey({ a: true }, 'a', false)).toEqual({ a: false });
});

test('operations keep their order when one is renamed or duplicated', () => {
  const operations = { find: 1, add: 2, remove: 3 };
  expect(Object.keys(renamed(operations, 'add', 'create'))).toEqual(['find', 'create', 'remove']);
  expect(Object.keys(insertedAfter(operations, 'find', 'find2', 4))).toEqual(['find', 'find2', 'add', 'remove']);
  expect(freeKey({ find: 1, find2: 1 }, 'find')).toBe('find3');
});

test('a document whose author wrote something else there is drawn as far as it can be', () => {
  expect(operationsOf({ operations: [] } as unknown as IntegrationDoc)).toEqual([]);
  expect(operationsOf({ operations: { a: 'x' } } as unknown as IntegrationDoc)).toEqual([['a', {}]]);
});
