import { expect, test } from 'vitest';
import type { FlowDoc } from '../document/types';
import { edgesFor, Keep, nodesFor, type AnyNode } from './elements';
import { layoutOf } from './layout';
import { flowOrder, leadingTo, neighbour } from './order';
import { freePlace, sizeOf, triggerPlace, writtenPlaces } from './places';
import { boxOf, boxWidth, headHeight, stubsOf, triggerId, triggerSummary, wireEnds, wiresOf } from './view';
import type { WireEdgeType } from './wire-edge';

const doc: FlowDoc = {
  kind: 'flow',
  slug: 'f',
  trigger: { type: 'event', event: 'call.connected' },
  start: 'look',
  nodes: {
    look: { type: 'apiCall', name: 'Look up', url: 'http://x/', cases: [{ name: 'found', on: '2xx', to: 'say' }, { on: 404, to: 'flow:other' }, { on: 'other', to: 'bye' }] },
    bye: { type: 'end', name: 'Bye' },
    say: { type: 'message', name: 'Say it', text: 'Hi', next: 'bye' },
    lonely: { type: 'wait', duration: '1s', next: 'gone' },
  },
};

test('an API call has a row for every way out, and those that lead nowhere by default are quiet', () => {
  const box = boxOf('look', doc.nodes.look!);
  expect(box.rows.map((row) => [row.outlet.label, row.quiet])).toEqual([
    ['found', false],
    ['404', false],
    ['error', true],
    ['timeout', true],
    ['max-connection', true],
    ['other', false],
    ['no case matched', true],
  ]);
  const last = box.rows.at(-1)!;
  expect(box.height).toBeGreaterThan(last.y + last.height / 2);
});

test('one way on leaves the head; an end has none', () => {
  expect(boxOf('say', doc.nodes.say!)).toMatchObject({ rows: [], only: { id: 'next' }, height: headHeight });
  expect(boxOf('bye', doc.nodes.bye!)).toMatchObject({ rows: [], height: headHeight });
  expect(boxOf('bye', doc.nodes.bye!).only).toBeUndefined();
});

test('wires lead to nodes and other flows, and not to what is not there', () => {
  expect(wiresOf(doc).map((wire) => [wire.id, wire.target])).toEqual([
    [`${triggerId} start`, 'look'],
    ['look case:0', 'say'],
    ['look case:1', 'flow:other'],
    ['look default:other', 'bye'],
    ['say next', 'bye'],
  ]);
  expect(stubsOf(wiresOf(doc))).toEqual(['flow:other']);
  expect(wireEnds('look default:other')).toEqual({ node: 'look', outlet: 'default:other' });
});

test('the trigger says what starts the flow, also one of a kind that came later', () => {
  expect(triggerSummary(doc)).toBe('Event call.connected');
  expect(triggerSummary({ ...doc, trigger: { type: 'schedule', cron: '0 * * * *' } })).toBe('Schedule 0 * * * *');
  expect(triggerSummary({ ...doc, trigger: { type: '' } })).toBe('No trigger yet');
});

test('the order of the flow goes along the outlets; what nothing leads to comes last', () => {
  expect(flowOrder(doc)).toEqual(['look', 'say', 'bye', 'lonely']);
  expect(leadingTo(doc, 'bye')).toEqual(['look', 'say']);
  expect(leadingTo(doc, 'look')).toEqual([triggerId]);
});

test('arrows lead along the first wire, back, and to what stands beside', () => {
  const places = layoutOf(doc);
  expect(neighbour(doc, places, triggerId, 'right')).toBe('look');
  expect(neighbour(doc, places, 'look', 'right')).toBe('say');
  expect(neighbour(doc, places, 'bye', 'left')).toBe('look');
  expect(neighbour(doc, places, 'bye', 'left', 'say')).toBe('say');
  expect(neighbour(doc, places, 'say', 'down')).toBe('bye');
  expect(neighbour(doc, places, 'bye', 'up', 'look')).toBe('say');
  expect(neighbour(doc, places, 'bye', 'right')).toBeNull();
  const beside = { look: { x: 0, y: 0 }, lonely: { x: 10, y: 300 } };
  expect(neighbour(doc, beside, 'lonely', 'up')).toBe('look');
});

test('boxes are laid out left to right, none over another, always the same', () => {
  const places = layoutOf(doc);
  expect(places).toEqual(layoutOf(structuredClone(doc)));
  expect(places.say!.x).toBeGreaterThan(places.look!.x + boxWidth);
  expect(places.bye!.x).toBeGreaterThan(places.say!.x + boxWidth);
  const ids = Object.keys(places);
  expect(ids.sort()).toEqual(['bye', 'flow:other', 'lonely', 'look', 'say']);
  for (const a of ids) {
    for (const b of ids) {
      if (a >= b) continue;
      const [p, q, s, t] = [places[a]!, places[b]!, sizeOf(doc, a), sizeOf(doc, b)];
      expect(p.x + s.width <= q.x || q.x + t.width <= p.x || p.y + s.height <= q.y || q.y + t.height <= p.y, `${a} over ${b}`).toBe(true);
    }
  }
});

test('what a first outlet leads to stands above what a later one leads to', () => {
  const fan: FlowDoc = {
    ...doc,
    start: 'pick',
    nodes: {
      pick: { type: 'branch', cases: ['a', 'b', 'c', 'd'].map((to) => ({ when: to, to })) },
      ...Object.fromEntries(['d', 'b', 'a', 'c'].map((id) => [id, { type: 'message', text: id, next: 'end' }])),
      end: { type: 'end' },
    },
  };
  const places = layoutOf(fan);
  expect(['d', 'c', 'b', 'a'].sort((x, y) => places[x]!.y - places[y]!.y)).toEqual(['a', 'b', 'c', 'd']);
});

test('a lay-out comes to an end where the flow leads in circles', () => {
  const circle: FlowDoc = { ...doc, nodes: { look: { type: 'wait', next: 'say' }, say: { type: 'message', next: 'look' } } };
  expect(Object.keys(layoutOf(circle)).sort()).toEqual(['look', 'say']);
});

test('a document without places is laid out; one that has some keeps them, and the rest stands beside what leads there', () => {
  expect(writtenPlaces(doc)).toBeNull();
  const places = writtenPlaces({ ...doc, layout: { look: { x: 500, y: 40 } } })!;
  expect(places.look).toEqual({ x: 500, y: 40 });
  expect(places.say!.x).toBeGreaterThan(500);
  expect(Object.keys(places)).toHaveLength(5);
  // Anything may stand there.
  expect(writtenPlaces({ ...doc, layout: { look: { x: 'left', y: null } } as never })).toBeNull();
});

test('what nothing leads to does not stand below the trigger', () => {
  const places = layoutOf({ ...doc, nodes: { ...doc.nodes, other: { type: 'branch', name: 'Other', cases: [{ when: 'x', to: 'look' }] } } });
  const trigger = triggerPlace(doc, places);
  for (const [id, { x, y }] of Object.entries(places)) {
    const { width, height } = sizeOf(doc, id);
    expect(x >= trigger.x + boxWidth || x + width <= trigger.x || y >= trigger.y + headHeight || y + height <= trigger.y, id).toBe(true);
  }
});

test('a new box stands on the grid where none is', () => {
  const places = { look: { x: 0, y: 0 } };
  expect(freePlace(doc, places, { x: 503, y: 7 })).toEqual({ x: 500, y: 10 });
  expect(freePlace(doc, places, { x: 20, y: 20 }).y).toBeGreaterThan(sizeOf(doc, 'look').height);
});

test('what did not change keeps its identity, so that it is not drawn again', () => {
  const keep = new Keep<AnyNode>();
  const places = layoutOf(doc);
  const drawn = { doc, places, selection: new Set<string>(), editable: true };
  const first = nodesFor(drawn, {}, keep);
  const chosen = nodesFor({ ...drawn, selection: new Set(['say']) }, {}, keep);
  expect(chosen.filter((node, index) => node !== first[index]).map(({ id }) => id)).toEqual(['say']);
  const edited = { ...doc, nodes: { ...doc.nodes, bye: { type: 'end', name: 'Farewell' } } };
  nodesFor(drawn, {}, keep);
  const again = nodesFor(drawn, {}, keep);
  const after = nodesFor({ ...drawn, doc: edited, places: { ...places } }, {}, keep);
  expect(after.filter((node) => !again.includes(node)).map(({ id }) => id)).toEqual(['bye']);
  const wires = new Keep<WireEdgeType>();
  const before = edgesFor(doc, places, null, undefined, wires);
  expect(edgesFor(edited, places, null, undefined, wires)).toEqual(before);
  expect(edgesFor(edited, places, null, undefined, wires).every((edge, index) => edge === before[index])).toBe(true);
});

test('a box tells who cannot see it what it is, and what is wrong', () => {
  const nodes = nodesFor({ doc, places: layoutOf(doc), selection: new Set(), editable: true, problems: { look: { errors: 1, warnings: 2 } }, decorations: { say: { badge: 'tried', spoken: 'the trial came here' } } }, {}, new Keep());
  const label = (id: string) => nodes.find((node) => node.id === id)!.ariaLabel;
  expect(label('look')).toBe('API call Look up, start, 1 error, 2 warnings');
  expect(label('say')).toBe('Message Say it, the trial came here');
  expect(label(triggerId)).toBe('Trigger, Event call.connected');
});
