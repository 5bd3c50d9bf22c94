import { expect, test } from 'vitest';
import { renameNode } from '@/flow/document/edit';
import type { FlowDoc } from '@/flow/document/types';
import { boxWidth, triggerId, writtenPlaces } from '@/flow/graph';
import type { Counts } from './api';
import { readClip, writeClip } from './clipboard';
import { drawCounts, outletOfCase } from './counts/figures';
import { addAt, lead, outletForNew, readsOfStep } from './edits';
import { problemCounts, sortProblems, whereIs } from './problems';

const doc: FlowDoc = {
  kind: 'flow',
  slug: 'f',
  trigger: { type: 'api' },
  start: 'a',
  nodes: {
    a: { type: 'apiCall', name: 'Ask', cases: [{ name: 'ok', on: '2xx', to: 'b' }, { on: ['timeout'], to: 'c' }, { on: 'other', to: 'c' }] },
    b: { type: 'message', name: 'Say', text: '{{ steps.a.outcome }} {{ steps.ab.outcome }}', next: 'c' },
    c: { type: 'end', name: 'End' },
  },
  layout: { a: { x: 0, y: 0 }, b: { x: 330, y: 0 }, c: { x: 660, y: 0 } },
};
const places = writtenPlaces(doc)!;

test('a node between two makes room: what comes after moves to the right', () => {
  const { doc: next, id } = addAt(doc, places, { type: 'wait', name: 'Wait', duration: '1s' }, { from: { node: 'a', outlet: 'case:0' } });
  expect(id).toBe('wait');
  expect(next.nodes.wait!.next).toBe('b');
  expect((next.nodes.a!.cases as { to: string }[])[0]!.to).toBe('wait');
  expect(next.layout!.b!.x).toBeGreaterThanOrEqual(next.layout!.wait!.x + boxWidth);
  expect(next.layout!.c!.x - next.layout!.b!.x).toBe(330);
  expect(next.layout!.a).toEqual({ x: 0, y: 0 });
});

test('a node after the trigger starts the flow, and leads on to what did', () => {
  const { doc: next } = addAt(doc, places, { type: 'message', name: 'Hello', text: '' }, { from: { node: triggerId, outlet: 'start' } });
  expect(next.start).toBe('hello');
  expect(next.nodes.hello!.next).toBe('a');
});

test('the trigger is led elsewhere, and nowhere', () => {
  expect(lead(doc, triggerId, 'start', 'b').start).toBe('b');
  expect(lead(doc, triggerId, 'start', null).start).toBe('');
});

test('a new node comes after the first way of the author’s own that leads nowhere', () => {
  expect(outletForNew(doc, 'a')).toBe('case:0');
  const ways = { ...doc, nodes: { ...doc.nodes, a: { type: 'branch', cases: [{ when: 'x', to: 'b' }, { when: 'y', to: '' }] } } };
  expect(outletForNew(ways, 'a')).toBe('case:1');
  expect(outletForNew(doc, 'c')).toBeUndefined();
});

test('another id takes the wires, the start and the place along', () => {
  const next = renameNode(doc, 'c', 'last');
  expect(Object.keys(next.nodes)).toEqual(['a', 'b', 'last']);
  expect(next.nodes.b!.next).toBe('last');
  expect(next.nodes.a!.cases).toEqual([{ name: 'ok', on: '2xx', to: 'b' }, { on: ['timeout'], to: 'last' }, { on: 'other', to: 'last' }].map((row) => ({ ...row, on: row.on[0] === 'timeout' ? 'timeout' : row.on })));
  expect(next.layout!.last).toEqual({ x: 660, y: 0 });
  expect(renameNode(doc, 'a', 'first').start).toBe('first');
  expect(renameNode(doc, 'a', 'b')).toBe(doc);
  expect(readsOfStep(doc, 'a')).toBe(1);
});

test('nodes come from the clipboard as they went there; anything else is no nodes', () => {
  const clip = { kind: 'callout-nodes' as const, nodes: { a: doc.nodes.a! }, layout: { a: { x: 1, y: 2 } } };
  expect(readClip(writeClip(clip))).toEqual(clip);
  for (const text of ['', 'hello', '[]', 'null', '{"kind":"callout-nodes"}', '{"kind":"callout-nodes","nodes":{"a":1}}', '{"kind":"callout-nodes","nodes":{}}']) expect(readClip(text)).toBeNull();
  expect(readClip('{"kind":"callout-nodes","nodes":{"a":{"type":"end"}},"layout":{"a":{"x":"1"}}}')!.layout).toEqual({ a: { x: 0, y: 0 } });
});

const found = (at: string, severity: 'error' | 'warning' = 'error') => ({ at, severity, code: 'x', message: at });

test('a finding leads to its node and field', () => {
  expect(whereIs('nodes.a.cases[1].on')).toEqual({ node: 'a', field: 'cases[1].on' });
  expect(whereIs('nodes.a')).toEqual({ node: 'a', field: '' });
  expect(whereIs('trigger.event')).toEqual({ node: triggerId, field: 'trigger.event' });
  expect(whereIs('name')).toEqual({ node: null, field: 'name' });
  const all = [found('nodes.c', 'warning'), found('nodes.b.text'), found('name', 'warning'), found('nodes.a.url')];
  expect(sortProblems(doc, all).map(({ at }) => at)).toEqual(['nodes.a.url', 'nodes.b.text', 'name', 'nodes.c']);
  expect(problemCounts(all)).toEqual({ c: { errors: 0, warnings: 1 }, b: { errors: 1, warnings: 0 }, a: { errors: 1, warnings: 0 } });
});

const figures = { success: 3, fail: 1, p50Ms: 10, p95Ms: 40, p99Ms: 90 };
const counts: Counts = {
  from: '',
  to: '',
  success: 3,
  fail: 1,
  nodes: [
    { ...figures, node: 'a', cases: [{ ...figures, case: '0' }, { ...figures, case: '2' }, { ...figures, case: 'next' }] },
    { ...figures, node: 'gone', cases: [] },
  ],
};

test('counted cases are those rows as they are written', () => {
  expect(outletOfCase(doc.nodes.a!, '0')).toBe('case:0');
  expect(outletOfCase(doc.nodes.a!, '1')).toBe('default:timeout');
  expect(outletOfCase(doc.nodes.a!, '2')).toBe('default:other');
  expect(outletOfCase(doc.nodes.a!, 'next')).toBe('next');
  expect(outletOfCase(doc.nodes.a!, 'none')).toBeNull();
  expect(outletOfCase({ type: 'goToFlow', mode: 'subFlow', cases: [{ on: 'failed', to: 'x' }] }, '0')).toBe('default:failed');
});

test('counts stand on the wires whose row is as it was published, and on no others', () => {
  const drawn = drawCounts(doc, doc, counts);
  expect(drawn.nodes.a).toMatchObject({ note: '3 ok · 1 failed · p95 40 ms' });
  expect(Object.keys(drawn.wires)).toEqual(['a case:0', 'a default:other', 'a next']);
  expect(drawn.wires['a case:0']).toMatchObject({ label: '4 · 40 ms' });
  const published = { ...doc, nodes: { ...doc.nodes, a: { ...doc.nodes.a!, cases: [{ name: 'ok', on: 200, to: 'b' }] } } };
  const other = drawCounts(doc, published, counts);
  expect(Object.keys(other.wires)).toEqual(['a next']);
  expect(other.hidden).toBe(2);
});
