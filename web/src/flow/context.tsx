// What panels know of the flow they stand in.
import { createContext, useContext } from 'react';
import type { Found } from '@/shared/api/client';
import type { FlowDoc } from './document/types';

/** What templates are previewed with: the values that the person set for trying. */
export interface SampleScope {
  event: Record<string, unknown>;
  contact: Record<string, unknown>;
  vars: Record<string, unknown>;
}

/** A variable that exists at a node, as the server's check knows it. */
export interface KnownVariable {
  name: string;
  /** Not set on every way that leads here. */
  maybeUnset: boolean;
  /** The nodes that set it. */
  setBy: string[];
  type?: string;
}

export interface FlowContextValue {
  slug: string;
  doc: FlowDoc;
  readOnly: boolean;
  samples: SampleScope;
  setSamples(samples: SampleScope): void;
  /** The variables at a node; empty until they are known. */
  variablesAt(node: string): KnownVariable[];
  /** What the check says of a node: its field paths begin with `nodes.<id>.`. */
  problemsAt(node: string): Found[];
  /** Opens the palette: the node that is chosen there is made, and this way on leads to it. Where there is no canvas it is missing. */
  addAfter?(node: string, outlet: string): void;
  /** Waits until what was edited is saved, so that the server sees it. */
  saved(): Promise<void>;
}

export const FlowContext = createContext<FlowContextValue | null>(null);

export function useFlow(): FlowContextValue {
  const value = useContext(FlowContext);
  if (!value) throw new Error('useFlow is for components inside an open flow');
  return value;
}

/** The problems of one field of a node: `url`, `cases[1].on`; with `deep`, those below it too. */
export function problemsOfField(problems: Found[], node: string, field: string, deep = false): Found[] {
  const at = `nodes.${node}.${field}`;
  return problems.filter((problem) => problem.at === at || (deep && (problem.at.startsWith(`${at}.`) || problem.at.startsWith(`${at}[`))));
}
