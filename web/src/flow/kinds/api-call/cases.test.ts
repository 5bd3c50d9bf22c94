import { expect, test } from 'vitest';
import { caseOutlets, connectCase, joinCases, splitCases } from './cases';

const node = (cases: unknown[]) => ({ type: 'apiCall', cases });

test('an unwired node has the four default rows, and none of them is written', () => {
  const outlets = caseOutlets(node([{ on: '2xx', to: 'a' }]));
  expect(outlets.map((outlet) => outlet.label)).toEqual(['2xx', 'error', 'timeout', 'max-connection', 'other']);
  expect(joinCases(node([]), splitCases(node([{ on: '2xx', to: 'a' }])))).toEqual(node([{ on: '2xx', to: 'a' }]));
});

test('rows at the end that name a default outcome alone are the default rows', () => {
  const { author, defaults } = splitCases(node([{ on: 404, to: 'a' }, { on: 'timeout', to: 'b' }, { on: 'other', to: 'c' }]));
  expect(author).toEqual([{ on: 404, to: 'a' }]);
  expect(defaults).toEqual([
    { on: 'error', to: null },
    { on: 'timeout', to: 'b' },
    { on: 'max-connection', to: null },
    { on: 'other', to: 'c' },
  ]);
});

test('a row that an author named or put higher up stays theirs, and takes the place of the default', () => {
  const { author, defaults } = splitCases(node([{ on: 'timeout', to: 'b' }, { on: '2xx', to: 'a' }, { name: 'rest', on: 'other', to: 'c' }]));
  expect(author).toHaveLength(3);
  expect(defaults.map((row) => row.on)).toEqual(['error', 'max-connection', 'other']);
});

test('wiring a default row writes it below the author rows, unwiring takes it out again', () => {
  const wired = connectCase(node([{ on: '2xx', to: 'a' }]), 'default:other', 'z');
  expect(wired.cases).toEqual([{ on: '2xx', to: 'a' }, { on: 'other', to: 'z' }]);
  expect(connectCase(wired, 'default:other', null).cases).toEqual([{ on: '2xx', to: 'a' }]);
});

test('wiring a case keeps what else it says', () => {
  const wired = connectCase(node([{ name: 'found', on: '2xx', when: 'vars.id', to: '' }]), 'case:0', 'pop');
  expect(wired.cases).toEqual([{ name: 'found', on: '2xx', when: 'vars.id', to: 'pop' }]);
});
