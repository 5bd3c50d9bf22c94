// What the page knows of a kind of node: one folder each, put together in `kinds/index.ts`.
import type { LucideIcon } from 'lucide-react';
import type { ComponentType, LazyExoticComponent } from 'react';
import type { FlowDoc, NodeDoc, Outlet } from '../document/types';

export interface PanelProps {
  /** The node's id in the document. */
  id: string;
  node: NodeDoc;
  /** Writes the node anew; one call is one step of undo. */
  onChange(node: NodeDoc): void;
  readOnly: boolean;
}

export interface NodeKind {
  /** As in the document: `apiCall`. */
  type: string;
  /** As people read it: `API call`. */
  label: string;
  /** One line in the palette. */
  description: string;
  icon: LucideIcon;
  group: 'Calls' | 'Logic' | 'Contact' | 'Agents' | 'Flow';
  /** A fresh node, as the palette drops it. */
  create(): NodeDoc;
  /** One line of what this node does, on the canvas below its name. */
  summary(node: NodeDoc): string;
  /** Where it can be left, in order. */
  outlets(node: NodeDoc): Outlet[];
  /** The node with one of its outlets led elsewhere; null unwires it. */
  connect(node: NodeDoc, outlet: string, to: string | null): NodeDoc;
  /** Its own panel; without one the form is made from the node's schema. */
  panel?: LazyExoticComponent<ComponentType<PanelProps>>;
}

/** The way on of nodes that have one way on. */
export function nextOutlet(node: NodeDoc, label = 'then'): Outlet {
  return { id: 'next', label, to: node.next || null, role: 'next', tone: 'neutral' };
}

/** The node with its `next` led elsewhere. */
export function withNext(node: NodeDoc, to: string | null): NodeDoc {
  const { next: _, ...rest } = node;
  return to === null ? (rest as NodeDoc) : { ...rest, type: node.type, next: to };
}

/** For kinds whose only outlet is `next`. */
export const oneWay = {
  outlets: (node: NodeDoc) => [nextOutlet(node)],
  connect: (node: NodeDoc, _outlet: string, to: string | null) => withNext(node, to),
};

/** A text of the document, or nothing where its author wrote something else there. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export type { FlowDoc, NodeDoc, Outlet };
