// What a canvas is told, and what it tells.
import type { ReactNode } from 'react';
import type { Tone } from '@/shared/ui/badge';
import type { Point } from '../document/types';

/** What stands at a node beside what the document says: counts, the outcome of a run. */
export interface NodeDecoration {
  tone?: Tone;
  /** A word at the node's upper edge: an outcome, a number of visits. */
  badge?: string;
  badgeIcon?: ReactNode;
  /** A line below the node. */
  note?: ReactNode;
  /** Drawn faint: the run did not come here. */
  faint?: boolean;
  /** Read aloud with the node's name: `visited, 404`. */
  spoken?: string;
}

export interface WireDecoration {
  /** `strong` is a way that was taken, `faint` one that was not. */
  look?: 'strong' | 'faint';
  tone?: 'ok' | 'bad' | 'accent';
  /** Words on the wire. */
  label?: string;
  title?: string;
}

/** How many errors and warnings a node has. */
export interface ProblemCount {
  errors: number;
  warnings: number;
}

/** Where something is dropped: on the canvas, and on which wire. */
export interface Spot {
  at: Point;
  /** The wire below it, as `wireEnds` reads it. */
  wire?: string;
  /** The pointer in the browser's window. */
  pointer: Point;
}

/** What can be done with a canvas that is drawn for editing. */
export interface GraphEdits {
  move(to: Record<string, Point>): void;
  /** A wire from an outlet to a node; null takes it away. */
  connect(node: string, outlet: string, to: string | null): void;
  /** A wire was dropped where no node is. */
  dropWire(node: string, outlet: string, spot: Spot): void;
  /** The plus on a wire. */
  insert(wire: string, spot: Spot): void;
  /** Something was dragged onto the canvas from outside. */
  drop(type: string, spot: Spot): void;
}

/** What those who draw a canvas can ask of it. */
export interface GraphHandle {
  /** Brings a node into sight and, if wanted, gives it the focus. */
  reveal(id: string, options?: { focus?: boolean; centre?: boolean }): void;
  focus(id: string): void;
  fit(): void;
  /** The middle of what is in sight, as a place on the canvas. */
  middle(): Point;
  /** From the window to the canvas. */
  place(pointer: Point): Point;
}

/** The type of what the palette drags. */
export const dragType = 'application/x-callout-node';
