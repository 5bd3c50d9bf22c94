// Parts of the flow layer that the editor shows when they are wanted: one line each.
import { lazy, type ComponentType } from 'react';
import type { FlowDoc } from '@/flow/document/types';
import type { PanelProps } from '@/flow/kinds';

export interface TriggerPanelProps {
  doc: FlowDoc;
  onChange(doc: FlowDoc): void;
  readOnly: boolean;
}

export interface TryPanelProps {
  /** The nodes that the trial came to, in order. */
  onVisited?(ids: string[]): void;
  /** Leads to a node. */
  onOpenNode?(id: string): void;
}

export interface TestCallProps {
  id: string;
  node: PanelProps['node'];
}

/** The form for kinds without a panel of their own. */
export const GeneralPanel: ComponentType<PanelProps> = lazy(() => import('./json-panel').then(({ JsonPanel }) => ({ default: JsonPanel })));

export const TriggerPanel: ComponentType<TriggerPanelProps> = lazy(() => import('./json-panel').then(({ JsonTriggerPanel }) => ({ default: JsonTriggerPanel })));

/** Null until there is one. */
export const TestCall: ComponentType<TestCallProps> | null = null;

export const TryPanel: ComponentType<TryPanelProps> | null = null;
