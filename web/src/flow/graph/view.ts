// What stands on the canvas for a document: boxes with their rows, and the wires between them. No React here.
import { kindOf } from '../kinds';
import { nodesOf, targetFlow, type FlowDoc, type NodeDoc, type Outlet } from '../document/types';

/** The trigger's id on the canvas: no id of a node can begin so. */
export const triggerId = '@trigger';

export const boxWidth = 240;
export const headHeight = 56;
export const stubWidth = 160;
export const stubHeight = 36;
const rowHeight = 26;
const quietHeight = 20;
const footHeight = 6;

export interface Row {
  outlet: Outlet;
  /** The middle of its handle, px from the box's top. */
  y: number;
  height: number;
  /** A row that is always there and leads nowhere: it is drawn small. */
  quiet: boolean;
}

export interface BoxView {
  id: string;
  doc: NodeDoc;
  name: string;
  kind: string;
  summary: string;
  /** Empty where the only way on leaves the head. */
  rows: Row[];
  /** The only way on, at the head. */
  only?: Outlet;
  width: number;
  height: number;
}

export interface Wire {
  /** `<node> <outlet>`: an outlet has one wire at most. */
  id: string;
  source: string;
  outlet: Outlet;
  /** A node's id, or `flow:<slug>`. */
  target: string;
}

const boxes = new WeakMap<NodeDoc, BoxView>();

/** A node as it is drawn; the same node gives the same view, so that what did not change is not drawn again. */
export function boxOf(id: string, node: NodeDoc): BoxView {
  const known = boxes.get(node);
  if (known?.id === id) return known;
  const view = makeBox(id, node);
  boxes.set(node, view);
  return view;
}

function makeBox(id: string, node: NodeDoc): BoxView {
  const kind = kindOf(node);
  const outlets = kind.outlets(node);
  const base = { id, doc: node, name: node.name || id, kind: kind.label, summary: kind.summary(node), width: boxWidth };
  const only = outlets.length === 1 && outlets[0]!.role === 'next' ? outlets[0] : undefined;
  if (only || outlets.length === 0) return { ...base, rows: [], only, height: headHeight };
  let top = headHeight;
  const rows = outlets.map((outlet, index): Row => {
    const quiet = outlet.to === null && (outlet.role === 'default' || (outlet.role === 'next' && index > 0));
    const height = quiet ? quietHeight : rowHeight;
    const row = { outlet, quiet, height, y: top + height / 2 };
    top += height;
    return row;
  });
  return { ...base, rows, height: top + footHeight };
}

export function wireId(node: string, outlet: string): string {
  return `${node} ${outlet}`;
}

/** The node and the outlet that a wire leaves. */
export function wireEnds(id: string): { node: string; outlet: string } {
  const at = id.indexOf(' ');
  return { node: id.slice(0, at), outlet: id.slice(at + 1) };
}

export function outletsOf(doc: FlowDoc, id: string): Outlet[] {
  if (id === triggerId) return [startOutlet(doc)];
  const node = doc.nodes[id];
  return node ? kindOf(node).outlets(node) : [];
}

/** The way from the trigger to the node where the flow starts. */
function startOutlet(doc: FlowDoc): Outlet {
  return { id: 'start', label: 'starts', to: typeof doc.start === 'string' && doc.start ? doc.start : null, role: 'next', tone: 'neutral' };
}

/** All wires that lead somewhere that is drawn. */
export function wiresOf(doc: FlowDoc): Wire[] {
  const drawn = new Map(nodesOf(doc));
  return [triggerId, ...drawn.keys()].flatMap((id) =>
    outletsOf(doc, id).flatMap((outlet): Wire[] => {
      if (outlet.to === null || (targetFlow(outlet.to) === null && !drawn.has(outlet.to))) return [];
      return [{ id: wireId(id, outlet.id), source: id, outlet, target: outlet.to }];
    }),
  );
}

/** The other flows that wires lead to, each once: `flow:<slug>`. */
export function stubsOf(wires: readonly Wire[]): string[] {
  return [...new Set(wires.flatMap((wire) => (targetFlow(wire.target) === null ? [] : [wire.target])))];
}

/** What starts the flow, in one line. */
export function triggerSummary(doc: FlowDoc): string {
  const trigger = doc.trigger as FlowDoc['trigger'] | undefined;
  if (!trigger?.type) return 'No trigger yet';
  if (trigger.type === 'api') return 'A call of the API';
  const what = Object.entries(trigger).find(([key, value]) => key !== 'type' && typeof value === 'string' && value)?.[1];
  const type = trigger.type[0]!.toUpperCase() + trigger.type.slice(1);
  return typeof what === 'string' ? `${type} ${what}` : type;
}
