// The plus on the wire below the pointer: a node between its two ends.
import { ViewportPortal, type EdgeMouseHandler } from '@xyflow/react';
import { Plus } from 'lucide-react';
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { Point } from '../document/types';
import type { Spot } from './types';

export interface HoveredWire {
  id: string;
  /** A little before its middle, where no label stands. */
  at: Point;
}

/** The plus stays a moment, so that the pointer can come to it. */
const stayMs = 250;

export function useHoveredWire(root: RefObject<HTMLDivElement | null>, on: boolean) {
  const [wire, setWire] = useState<HoveredWire | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hold = useCallback(() => clearTimeout(timer.current), []);
  const leave = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setWire(null), stayMs);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  const enter = useCallback<EdgeMouseHandler>(
    (event, edge) => {
      if (!on || event.buttons !== 0) return;
      clearTimeout(timer.current);
      const path = root.current?.querySelector<SVGPathElement>(`.react-flow__edge[data-id="${CSS.escape(edge.id)}"] .react-flow__edge-path`);
      if (!path) return;
      const { x, y } = path.getPointAtLength(path.getTotalLength() * 0.4);
      setWire({ id: edge.id, at: { x, y } });
    },
    [on, root],
  );
  return { wire, enter, leave, hold };
}

export function InsertButton({ wire, onHold, onLeave, onInsert }: { wire: HoveredWire; onHold(): void; onLeave(): void; onInsert(spot: Spot): void }) {
  return (
    <ViewportPortal>
      <button
        type="button"
        // Keys have their own way: `a` on the node before.
        tabIndex={-1}
        aria-label="Insert a node here"
        title="Insert a node here"
        onMouseEnter={onHold}
        onMouseLeave={onLeave}
        onClick={(event) => onInsert({ at: wire.at, wire: wire.id, pointer: { x: event.clientX, y: event.clientY } })}
        style={{ transform: `translate(${wire.at.x - 11}px, ${wire.at.y - 11}px)` }}
        className="pointer-events-auto absolute z-10 flex size-5.5 items-center justify-center rounded-full border border-accent bg-surface text-accent-text hover:bg-accent hover:text-accent-ink"
      >
        <Plus aria-hidden className="size-3.5" />
      </button>
    </ViewportPortal>
  );
}
