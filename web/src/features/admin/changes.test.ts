import { expect, test } from 'vitest';
import { changesOf } from './changes';

test('each field that differs stands for itself', () => {
  expect(changesOf({ name: 'a', retention: { runs: '30d', audit: null }, gone: 1 }, { name: 'a', retention: { runs: '7d', audit: '90d' } })).toEqual([
    { path: 'retention.runs', what: 'changed', before: '30d', after: '7d' },
    { path: 'retention.audit', what: 'added', after: '90d' },
    { path: 'gone', what: 'removed', before: 1 },
  ]);
});

test('what is new or gone is told field by field, and lists as a whole', () => {
  expect(changesOf(null, { role: 'admin', hosts: ['a', 'b'] })).toEqual([
    { path: 'role', what: 'added', after: 'admin' },
    { path: 'hosts', what: 'added', after: ['a', 'b'] },
  ]);
  expect(changesOf({ hosts: ['a'] }, { hosts: ['a'] })).toEqual([]);
  expect(changesOf(3, 4)).toEqual([{ path: '', what: 'changed', before: 3, after: 4 }]);
});
