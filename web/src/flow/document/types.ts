// A flow as its author has it: perhaps half-drawn, perhaps wrong. The server's check says what is; the page only draws it.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One step. What it holds beside these depends on its type; its kind's folder knows. */
export interface NodeDoc {
  type: string;
  name?: string;
  description?: string;
  next?: string;
  [key: string]: unknown;
}

export interface TriggerDoc {
  type: string;
  [key: string]: unknown;
}

/** Where a node stands on the canvas, px. */
export interface Point {
  x: number;
  y: number;
}

export interface FlowDoc {
  kind: 'flow';
  slug: string;
  name?: string;
  description?: string;
  number?: number;
  trigger: TriggerDoc;
  entry?: unknown;
  start: string;
  nodes: Record<string, NodeDoc>;
  layout?: Record<string, Point>;
  [key: string]: unknown;
}

/** Where a node can be left. */
export interface Outlet {
  /** `next`, `case:<index>` or `default:<outcome>`. */
  id: string;
  /** As it stands on the canvas: `2xx`, `timeout`, `then`. */
  label: string;
  /** The node's id or `flow:<slug>` that it leads to; null where nothing is wired. */
  to: string | null;
  /** `case` is a row of the author's, `default` one that is always there, `next` the way on. */
  role: 'case' | 'default' | 'next';
  /** Colours its end; the label says the same in words. */
  tone: 'ok' | 'bad' | 'neutral';
}

/** The other flow that a target names, or null where it is a node's id. */
export function targetFlow(target: string): string | null {
  return target.startsWith('flow:') ? target.slice(5) : null;
}

/** A document's nodes, also where its author wrote something else there. */
export function nodesOf(doc: FlowDoc): [string, NodeDoc][] {
  const nodes: unknown = doc.nodes;
  if (typeof nodes !== 'object' || nodes === null) return [];
  return Object.entries(nodes).filter((entry): entry is [string, NodeDoc] => typeof entry[1] === 'object' && entry[1] !== null);
}
