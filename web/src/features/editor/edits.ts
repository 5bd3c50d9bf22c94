// What the editor does to a document, each from one document to the next.
import { addNode, connect, insertOn, moveNodes } from '@/flow/document/edit';
import type { FlowDoc, NodeDoc, Point } from '@/flow/document/types';
import { boxOf, boxWidth, freePlace, gapX, headHeight, outletsOf, triggerId, wireEnds, type Places } from '@/flow/graph';
import { kindOf } from '@/flow/kinds';

/** Leads an outlet of a node, or the trigger, elsewhere. */
export function lead(doc: FlowDoc, node: string, outlet: string, to: string | null): FlowDoc {
  return node === triggerId ? { ...doc, start: to ?? '' } : connect(doc, node, outlet, to);
}

/** Where a new node comes to be: free on the canvas, at the end of an outlet, or between an outlet and what it leads to. */
export interface Where {
  at?: Point;
  from?: { node: string; outlet: string };
}

/** Adds a node; where it comes after an outlet, what that led to comes after it. */
export function addAt(doc: FlowDoc, places: Places, node: NodeDoc, { at, from }: Where): { doc: FlowDoc; id: string } {
  const led = from && outletsOf(doc, from.node).find((outlet) => outlet.id === from.outlet)?.to;
  const settled = moveNodes(doc, places);
  const between = from && !at && led && led in doc.nodes ? makeRoom(settled, places, from.node, led) : settled;
  const place = at ?? (from ? placeAfter(doc, places, from) : { x: 0, y: 0 });
  const size = { width: boxWidth, height: boxOf('', { ...node }).height };
  const free = freePlace(between, { ...places, ...between.layout }, place, size);
  const added = addNode(between, node, free);
  if (!from) return added;
  return { id: added.id, doc: from.node === triggerId ? startWith(added.doc, added.id, doc.start) : insertOn(added.doc, from.node, from.outlet, added.id) };
}

/** The new node starts the flow, and leads on to what did so before. */
function startWith(doc: FlowDoc, id: string, before: string): FlowDoc {
  const first = kindOf(doc.nodes[id]!).outlets(doc.nodes[id]!)[0];
  const wired = first && before in doc.nodes && before !== id ? connect(doc, id, first.id, before) : doc;
  return { ...wired, start: id };
}

function placeAfter(doc: FlowDoc, places: Places, from: { node: string; outlet: string }): Point {
  const at = places[from.node];
  if (!at) return places[doc.start] ?? { x: 0, y: 0 };
  const row = boxOf(from.node, doc.nodes[from.node]!).rows.find((each) => each.outlet.id === from.outlet);
  return { x: at.x + boxWidth + gapX, y: at.y + (row ? row.y - headHeight / 2 : 0) };
}

/** Moves what comes after a wire to the right, so that a box fits between its ends. */
function makeRoom(doc: FlowDoc, places: Places, from: string, to: string): FlowDoc {
  const right = from === triggerId ? (places[to]?.x ?? 0) - gapX : (places[from]?.x ?? 0) + boxWidth;
  const target = places[to];
  const needed = boxWidth + 2 * gapX;
  if (!target || target.x < right || target.x - right >= needed) return doc;
  const by = needed - (target.x - right);
  const moved: Places = {};
  const queue = [to];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const place = places[id];
    if (!place || id in moved || id === from || place.x < target.x) continue;
    moved[id] = { x: place.x + by, y: place.y };
    queue.push(...outletsOf(doc, id).flatMap((outlet) => outlet.to ?? []));
  }
  return moveNodes(doc, moved);
}

/** The outlet that a new node after this one is wired to: the first of the author's own that leads nowhere, else the first. */
export function outletForNew(doc: FlowDoc, id: string): string | undefined {
  const outlets = outletsOf(doc, id);
  return (outlets.find((outlet) => outlet.to === null && outlet.role === 'case') ?? outlets[0])?.id;
}

/** How a wire is called: `Find the caller, found`. */
export function wireName(doc: FlowDoc, wire: string): string {
  const { node, outlet } = wireEnds(wire);
  const label = outletsOf(doc, node).find((each) => each.id === outlet)?.label ?? outlet;
  return `${nodeName(doc, node)}, ${label}`;
}

export function nodeName(doc: FlowDoc, id: string): string {
  return id === triggerId ? 'Trigger' : doc.nodes[id]?.name || id;
}

/** How many texts of the document read what a step with this id left. */
export function readsOfStep(doc: FlowDoc, id: string): number {
  return (JSON.stringify(doc.nodes).match(new RegExp(`\\bsteps\\.${id.replace(/[^A-Za-z0-9_-]/g, '')}\\b`, 'g')) ?? []).length;
}
