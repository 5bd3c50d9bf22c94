import { expect, test } from 'vitest';
import { addNode, connect, copyNodes, freshId, insertOn, pasteNodes, removeNodes } from './edit';
import type { FlowDoc } from './types';

const doc: FlowDoc = {
  kind: 'flow',
  slug: 'f',
  trigger: { type: 'api' },
  start: 'a',
  nodes: {
    a: { type: 'apiCall', cases: [{ on: '2xx', to: 'b' }, { on: 'other', to: 'c' }] },
    b: { type: 'message', text: 'hi', next: 'c' },
    c: { type: 'end' },
  },
};

test('an id is made from the name and is free', () => {
  expect(freshId(doc, 'Find the caller in the CRM')).toBe('findTheCallerIn');
  expect(freshId({ ...doc, nodes: { say: { type: 'end' } } }, 'Say')).toBe('say2');
  expect(freshId(doc, '2 things')).toBe('n2Things');
  expect(freshId(doc, '…')).toBe('node');
});

test('the first node of an empty flow is where it starts', () => {
  const empty = { ...doc, start: '', nodes: {} };
  const { doc: next, id } = addNode(empty, { type: 'end', name: 'Done' }, { x: 1.4, y: 2.6 });
  expect(next.start).toBe(id);
  expect(next.layout).toEqual({ done: { x: 1, y: 3 } });
});

test('removing a node unwires what led to it and moves the start on', () => {
  const next = removeNodes(doc, ['b']);
  expect(next.nodes.a!.cases).toEqual([{ on: '2xx', to: '' }, { on: 'other', to: 'c' }]);
  expect(removeNodes(doc, ['a']).start).toBe('b');
  expect(removeNodes(doc, ['a', 'b']).start).toBe('c');
  expect(removeNodes(doc, ['a', 'b', 'c']).start).toBe('');
});

test('a node put on an edge leads on to where the edge led', () => {
  const { doc: added, id } = addNode(doc, { type: 'wait', name: 'Wait', duration: '1s' }, { x: 0, y: 0 });
  const next = insertOn(added, 'a', 'case:0', id);
  expect(next.nodes.a!.cases).toEqual([{ on: '2xx', to: 'wait' }, { on: 'other', to: 'c' }]);
  expect(next.nodes.wait!.next).toBe('b');
});

test('copies keep the wires among each other alone', () => {
  const clip = copyNodes(doc, ['a', 'b'], { a: { x: 0, y: 0 }, b: { x: 100, y: 0 } });
  const { doc: next, ids } = pasteNodes(doc, clip, { x: 10, y: 10 });
  expect(ids).toEqual(['a2', 'b2']);
  expect(next.nodes.a2!.cases).toEqual([{ on: '2xx', to: 'b2' }]);
  expect(next.nodes.b2!.next).toBeUndefined();
  expect(next.layout!.b2).toEqual({ x: 110, y: 10 });
});

test('an edit leaves the document before it as it was', () => {
  const before = JSON.stringify(doc);
  connect(doc, 'b', 'next', null);
  removeNodes(doc, ['c']);
  expect(JSON.stringify(doc)).toBe(before);
});
