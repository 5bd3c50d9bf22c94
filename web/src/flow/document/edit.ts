// Edits of a document: each takes one and gives the next; nothing is changed in place.
import { kindOf } from '../kinds';
import { nodesOf, type FlowDoc, type NodeDoc, type Point } from './types';

/** An id that the document does not have yet, made from a name: `findTheCaller`, `findTheCaller2`. */
export function freshId(doc: FlowDoc, name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .split(' ')
    .filter(Boolean)
    .slice(0, 4);
  const base = words.map((word, index) => (index === 0 ? word.toLowerCase() : word[0]!.toUpperCase() + word.slice(1).toLowerCase())).join('') || 'node';
  const safe = /^[A-Za-z_]/.test(base) ? base : `n${base}`;
  for (let count = 1; ; count++) {
    const id = count === 1 ? safe : `${safe}${count}`;
    if (!(id in doc.nodes)) return id;
  }
}

export function setNode(doc: FlowDoc, id: string, node: NodeDoc): FlowDoc {
  return { ...doc, nodes: { ...doc.nodes, [id]: node } };
}

export function addNode(doc: FlowDoc, node: NodeDoc, at: Point): { doc: FlowDoc; id: string } {
  const id = freshId(doc, node.name || node.type);
  const added = moveNodes(setNode(doc, id, node), { [id]: at });
  return { doc: doc.start && doc.start in doc.nodes ? added : { ...added, start: id }, id };
}

export function moveNodes(doc: FlowDoc, to: Record<string, Point>): FlowDoc {
  const rounded = Object.fromEntries(Object.entries(to).map(([id, { x, y }]) => [id, { x: Math.round(x), y: Math.round(y) }]));
  return { ...doc, layout: { ...doc.layout, ...rounded } };
}

/** Leads an outlet elsewhere; null unwires it. */
export function connect(doc: FlowDoc, id: string, outlet: string, to: string | null): FlowDoc {
  const node = doc.nodes[id];
  return node ? setNode(doc, id, kindOf(node).connect(node, outlet, to)) : doc;
}

/** The nodes go, and what led to them leads nowhere. */
export function removeNodes(doc: FlowDoc, ids: readonly string[]): FlowDoc {
  const gone = new Set(ids);
  const nodes: Record<string, NodeDoc> = {};
  for (const [id, node] of nodesOf(doc)) {
    if (!gone.has(id)) nodes[id] = unwire(node, (to) => gone.has(to));
  }
  const layout = doc.layout && Object.fromEntries(Object.entries(doc.layout).filter(([id]) => !gone.has(id)));
  const start = gone.has(doc.start) ? (nextLeft(doc, gone) ?? '') : doc.start;
  return { ...doc, start, nodes, ...(layout ? { layout } : {}) };
}

/** Where the flow begins once its first nodes are gone: the first that they led to. */
function nextLeft(doc: FlowDoc, gone: Set<string>): string | undefined {
  const seen = new Set<string>();
  const queue = [doc.start];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const node = doc.nodes[id];
    if (!node) continue;
    if (!gone.has(id)) return id;
    queue.push(...kindOf(node).outlets(node).flatMap((outlet) => outlet.to ?? []));
  }
  return Object.keys(doc.nodes).find((id) => !gone.has(id));
}

function unwire(node: NodeDoc, gone: (to: string) => boolean): NodeDoc {
  const kind = kindOf(node);
  return kind.outlets(node).reduce((left, outlet) => (outlet.to !== null && gone(outlet.to) ? kind.connect(left, outlet.id, null) : left), node);
}

/** Puts a node that is in the document between an outlet and what it leads to. */
export function insertOn(doc: FlowDoc, id: string, outlet: string, inserted: string): FlowDoc {
  const from = doc.nodes[id];
  const node = doc.nodes[inserted];
  if (!from || !node) return doc;
  const to = kindOf(from).outlets(from).find((each) => each.id === outlet)?.to ?? null;
  const first = kindOf(node).outlets(node)[0];
  const wired = first && to !== null && to !== inserted ? connect(doc, inserted, first.id, to) : doc;
  return connect(wired, id, outlet, inserted);
}

/** Nodes that were copied, with where they stood. */
export interface Clip {
  kind: 'callout-nodes';
  nodes: Record<string, NodeDoc>;
  layout: Record<string, Point>;
}

export function copyNodes(doc: FlowDoc, ids: readonly string[], positions: Record<string, Point>): Clip {
  const pick = <T>(from: Record<string, T>) => Object.fromEntries(ids.filter((id) => id in from).map((id) => [id, from[id]!]));
  return { kind: 'callout-nodes', nodes: pick(doc.nodes), layout: pick(positions) };
}

/** The copies get ids of their own; they keep the wires among each other, and lose those to the outside. */
export function pasteNodes(doc: FlowDoc, clip: Clip, by: Point): { doc: FlowDoc; ids: string[] } {
  const names = new Map<string, string>();
  let next = doc;
  for (const [old, node] of Object.entries(clip.nodes)) {
    const id = freshId(next, node.name || old);
    names.set(old, id);
    next = setNode(next, id, node);
  }
  for (const id of names.values()) {
    const node = next.nodes[id]!;
    const kind = kindOf(node);
    const wired = kind.outlets(node).reduce((left, outlet) => (outlet.to === null ? left : kind.connect(left, outlet.id, names.get(outlet.to) ?? null)), node);
    next = setNode(next, id, wired);
  }
  const places = Object.fromEntries([...names].flatMap(([old, id]) => (clip.layout[old] ? [[id, { x: clip.layout[old].x + by.x, y: clip.layout[old].y + by.y }]] : [])));
  const start = next.start && next.start in next.nodes ? next.start : ([...names.values()][0] ?? '');
  return { doc: moveNodes({ ...next, start }, places), ids: [...names.values()] };
}

/** Gives a node another id: what leads to it, the start and its place go along; texts that read `steps.<id>` do not. */
export function renameNode(doc: FlowDoc, id: string, to: string): FlowDoc {
  if (!(id in doc.nodes) || to in doc.nodes) return doc;
  const nodes = Object.fromEntries(nodesOf(doc).map(([each, node]) => [each === id ? to : each, redirect(node, id, to)]));
  const layout = doc.layout && Object.fromEntries(Object.entries(doc.layout).map(([each, place]) => [each === id ? to : each, place]));
  return { ...doc, start: doc.start === id ? to : doc.start, nodes, ...(layout ? { layout } : {}) };
}

function redirect(node: NodeDoc, from: string, to: string): NodeDoc {
  const kind = kindOf(node);
  return kind.outlets(node).reduce((left, outlet) => (outlet.to === from ? kind.connect(left, outlet.id, to) : left), node);
}
