// What every part of the editor shares: the document, what is chosen, what is open, and what can be done.
import { createContext, useContext, type RefObject } from 'react';
import type { FlowDoc } from '@/flow/document/types';
import type { GraphHandle, Places } from '@/flow/graph';
import type { Acts } from './use-acts';
import type { Draft, DraftState } from './draft/draft';

/** What stands at the left of the canvas. */
export type Dock = 'add' | 'problems' | 'find' | null;

/** Where the node that is chosen next in the palette goes. */
export interface Adding {
  /** After this outlet. */
  from?: { node: string; outlet: string };
  /** At this place on the canvas. */
  at?: { x: number; y: number };
  /** Beside the pointer, where a wire was dropped; at the left of the canvas where it is not given. */
  pointer?: { x: number; y: number };
}

export interface PanelState {
  tab: 'edit' | 'test';
  /** The field to lead to, as the check names it below the node. */
  field?: string;
  /** Counts the times that somebody asked for the panel, so that asking again leads there again. */
  asked: number;
  /** Whether the focus goes into it. */
  focus: boolean;
}

export interface Editor {
  slug: string;
  doc: FlowDoc;
  readOnly: boolean;
  draft: Draft;
  state: DraftState;
  places: Places | null;
  graph: RefObject<GraphHandle | null>;
  selection: readonly string[];
  select(ids: readonly string[]): void;
  wire: string | null;
  chooseWire(id: string | null): void;
  panel: PanelState | null;
  openPanel(id: string, options?: { tab?: PanelState['tab']; field?: string; focus?: boolean; reveal?: boolean }): void;
  closePanel(): void;
  dock: Dock;
  setDock(dock: Dock): void;
  adding: Adding | null;
  /** Whether the trial is open below the canvas. */
  trying: boolean;
  startTrying(): void;
  stopTrying(): void;
  /** The nodes that the trial came to. */
  visited: readonly string[];
  setVisited(ids: string[]): void;
  /** Opens the palette; what is chosen goes there. */
  startAdding(adding: Adding): void;
  stopAdding(): void;
  dialog: DialogName | null;
  openDialog(dialog: DialogName | null): void;
  acts: Acts;
  /** Told to who does not see the canvas. */
  say(text: string): void;
}

export type DialogName = 'connect' | 'rename' | 'shortcuts' | 'settings' | 'publish' | 'versions';

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const value = useContext(EditorContext);
  if (!value) throw new Error('useEditor is for the parts of the editor');
  return value;
}
