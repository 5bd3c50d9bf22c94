// Parts of the flow layer that the editor shows when they are wanted: one line each.
import { lazy, type ComponentType } from 'react';
import type { FlowDoc } from '@/flow/document/types';
import type { PanelProps } from '@/flow/kinds';
import type { Found } from '@/shared/api/client';

export interface TriggerPanelProps {
  doc: FlowDoc;
  onChange(doc: FlowDoc): void;
  readOnly: boolean;
  problems?: Found[];
}

export interface TryPanelProps {
  /** The nodes that the trial came to, in order. */
  onVisited?(ids: string[]): void;
  /** Leads to a node. */
  onOpenNode?(id: string): void;
}


/** The form for kinds without a panel of their own. */
export const GeneralPanel: ComponentType<PanelProps> = lazy(() => import('@/flow/schema-form').then(({ SchemaForm }) => ({ default: SchemaForm })));

export const TriggerPanel: ComponentType<TriggerPanelProps> = lazy(() => import('@/flow/trigger-panel').then(({ TriggerPanel: Panel }) => ({ default: Panel })));

export const TestCall: ComponentType<PanelProps> = lazy(() => import('@/flow/test-call').then(({ TestCall: Test }) => ({ default: Test })));

/** Null where there is none. */
export const TryPanel: ComponentType<TryPanelProps> | null = lazy(() => import('@/flow/try').then(({ TryPanel: Panel }) => ({ default: Panel })));
