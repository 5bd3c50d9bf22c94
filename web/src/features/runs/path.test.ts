import { expect, test } from 'vitest';
import type { FlowDoc } from '@/flow/document/types';
import type { RunRecord, Step } from '@/flow/record/types';
import { outletTaken, pathOf } from './path';

const step = (node: string, more: Partial<Step> = {}): Step => ({ node, type: 'end', visit: 1, startedAt: '', durationMs: 0, outcome: null, status: null, case: 'next', to: null, attempts: [], request: null, response: null, set: {}, problems: [], ...more });

const doc: FlowDoc = {
  kind: 'flow',
  slug: 'main',
  trigger: { type: 'api' },
  start: 'call',
  nodes: {
    call: { type: 'apiCall', cases: [{ on: '2xx', to: 'say' }, { on: 'timeout', to: 'pause' }] },
    say: { type: 'message', text: 'hi', next: 'call' },
    pause: { type: 'wait', duration: '1h' },
  },
};

const record = (steps: Step[], more: Partial<RunRecord> = {}): RunRecord => ({ id: 'run_1', flow: 'main', status: 'completed', steps, effects: [], ...more });

test('the outlet of a case is the author’s row, or the default row that it is', () => {
  const node = doc.nodes.call!;
  expect(outletTaken(node, { index: 0, name: null, on: '2xx' })).toBe('case:0');
  expect(outletTaken(node, { index: 1, name: null, on: 'timeout' })).toBe('default:timeout');
  expect(outletTaken({ type: 'goToFlow', mode: 'subFlow', cases: [{ on: 'failed', to: 'x' }] }, { index: 0, name: null, on: 'failed' })).toBe('default:failed');
  expect(outletTaken(node, 'next')).toBe('next');
  expect(outletTaken(node, null)).toBeNull();
});

test('nodes that were visited tell how it ended and how often; the others are faint', () => {
  const path = pathOf(record([step('call', { outcome: '200', case: { index: 0, name: null, on: '2xx' } }), step('say'), step('call', { visit: 2, outcome: 'timeout', case: { index: 1, name: null, on: 'timeout' } })]), doc);
  expect(path.decorations.call).toMatchObject({ tone: 'bad', badge: 'timeout ×2', spoken: 'visited, 2 times, timeout' });
  expect(path.decorations.say).toMatchObject({ tone: 'accent' });
  expect(path.decorations.pause).toMatchObject({ faint: true });
  expect(path.edgeDecorations['call case:0']).toMatchObject({ look: 'strong' });
  expect(path.edgeDecorations['call default:timeout']).toMatchObject({ look: 'strong' });
  expect(path.edgeDecorations['call default:other']).toEqual({ look: 'faint' });
});

test('the node that the run waits at is marked, and the steps of other flows are left out', () => {
  const path = pathOf(record([step('call', { flow: 'other' })], { status: 'waiting', waitingAt: 'pause' }), doc);
  expect(path.decorations.pause).toMatchObject({ badge: 'waiting', faint: false });
  expect(path.decorations.call).toMatchObject({ faint: true });
});

test('the node of the fault that ended the run is marked, though no step of it was recorded', () => {
  const path = pathOf(record([], { status: 'failed', error: { code: 'steps-max', message: '', node: 'say' } }), doc);
  expect(path.decorations.say).toMatchObject({ tone: 'bad', badge: 'steps-max' });
});
