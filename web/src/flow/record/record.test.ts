import { expect, test } from 'vitest';
import { caseLabel, effectsByStep, stepKey, withNews, type Effect, type RunRecord, type Step } from './types';
import { changes, variablesAround } from './variables';

const step = (node: string, more: Partial<Step> = {}): Step => ({
  node,
  type: 'setVars',
  visit: 1,
  startedAt: '2026-01-01T00:00:00Z',
  durationMs: 0,
  outcome: null,
  status: null,
  case: 'next',
  to: null,
  attempts: [],
  request: null,
  response: null,
  set: {},
  problems: [],
  ...more,
});

const record = (steps: Step[], more: Partial<RunRecord> = {}): RunRecord => ({ id: 'run_1', flow: 'main', status: 'running', effects: [], steps, ...more });

test('the variables of a step are what those before it set, less what was cleared', () => {
  const run = record([step('a', { set: { x: 1, y: 2 } }), step('b', { set: { x: 3 }, unset: ['y'] }), step('c')], { inputs: { from: 'api' } });
  expect(variablesAround(run, 1)).toEqual({ before: { from: 'api', x: 1, y: 2 }, after: { from: 'api', x: 3 } });
  expect(variablesAround(run, 2).before).toEqual({ from: 'api', x: 3 });
});

test('a sub-flow has variables of its own; a jump takes them along', () => {
  const sub = record([step('a', { set: { x: 1 } }), step('s', { flow: 'part', set: { z: 1 } }), step('b', { set: { y: 2 } })]);
  expect(variablesAround(sub, 1)).toEqual({ before: {}, after: { z: 1 } });
  expect(variablesAround(sub, 2).after).toEqual({ x: 1, y: 2 });
  const jump = record([step('a', { set: { x: 1 }, to: 'flow:other' }), step('b', { flow: 'other', set: { y: 2 } })]);
  expect(variablesAround(jump, 1).after).toEqual({ x: 1, y: 2 });
});

test('changes tell what was set, changed and cleared', () => {
  expect(changes({ a: 1, b: [1], c: null }, { a: 1, b: [2], d: 'x' }).map(({ name, kind }) => [name, kind])).toEqual([
    ['b', 'changed'],
    ['d', 'set'],
    ['c', 'cleared'],
  ]);
});

test('what a stream tells again is taken once', () => {
  const one = step('a');
  const effect: Effect = { id: 'eff_1', run: 'run_1', node: 'a', type: 'message', to: null, data: {} };
  const again = withNews(record([one]), [
    { name: 'step', data: { ...one } },
    { name: 'step', data: step('a', { visit: 2 }) },
    { name: 'effect', data: effect },
    { name: 'effect', data: { ...effect } },
  ]);
  expect(again.steps.map((each) => each.visit)).toEqual([1, 2]);
  expect(again.effects).toHaveLength(1);
});

test('each visit of a node has its own effect', () => {
  const steps = [step('m', { type: 'message' }), step('w', { type: 'wait' }), step('m', { type: 'message', visit: 2 })];
  const effect = (id: string): Effect => ({ id, run: 'run_1', node: 'm', type: 'message', to: null, data: {} });
  const found = effectsByStep(record(steps, { effects: [effect('e1'), effect('e2')] }));
  expect(found.get(stepKey(steps[0]!))?.[0]?.id).toBe('e1');
  expect(found.get(stepKey(steps[2]!))?.[0]?.id).toBe('e2');
  expect(found.has(stepKey(steps[1]!))).toBe(false);
});

test('a case is named by its name, else its outcomes, else its place', () => {
  expect(caseLabel({ index: 0, name: 'found', on: '2xx' })).toBe('found');
  expect(caseLabel({ index: 1, name: null, on: ['404', '410'] })).toBe('404, 410');
  expect(caseLabel({ index: 2, name: null, on: null })).toBe('case 3');
  expect(caseLabel('next')).toBe('next');
  expect(caseLabel(null)).toBeNull();
});
