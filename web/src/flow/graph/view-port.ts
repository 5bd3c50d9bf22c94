// What is in sight of the canvas, and bringing a node into it.
import { useReactFlow, useStoreApi } from '@xyflow/react';
import { useMemo } from 'react';
import type { FlowDoc } from '../document/types';
import type { GraphHandle } from './types';
import { outletsOf, triggerId } from './view';

export const fitOptions = { maxZoom: 1, minZoom: 0.1, padding: 0.12 };

/** What the first picture shows: all of a small flow on a wide screen, else where it begins. */
export function firstFit(doc: FlowDoc) {
  const many = Object.keys(doc.nodes).length > 40;
  if (!many && innerWidth >= 768) return fitOptions;
  const near = [triggerId, doc.start, ...(innerWidth < 768 ? [] : outletsOf(doc, doc.start).flatMap(({ to }) => to ?? []))];
  return { ...fitOptions, minZoom: 0.5, nodes: near.map((id) => ({ id })) };
}

/** How long the view glides; not at all for who asked for less motion. */
export function smooth(): { duration: number } {
  return { duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 180 };
}

/** How many frames a node that was just made may take to be drawn. */
const framesMax = 40;

/** Does it once it can be done: a node that was just added is drawn a frame later. */
function soon(act: () => boolean, left = framesMax) {
  if (left > 0 && !act()) requestAnimationFrame(() => soon(act, left - 1));
}

export function useGraphHandle(root: React.RefObject<HTMLDivElement | null>): GraphHandle {
  const flow = useReactFlow();
  const store = useStoreApi();
  return useMemo(() => {
    const focus = (id: string) => {
      const before = document.activeElement;
      soon(() => {
        const active = document.activeElement;
        // Whoever went on elsewhere meanwhile is not called back.
        if (active !== before && active !== document.body) return true;
        const node = root.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
        node?.focus({ preventScroll: true });
        // One that came into sight just now is not shown yet, and takes no focus.
        return node !== null && node !== undefined && document.activeElement === node;
      });
    };
    const inSight = (x: number, y: number, width: number, height: number) => {
      const state = store.getState();
      const [left, top, zoom] = state.transform;
      const edge = 24;
      return x * zoom + left >= edge && y * zoom + top >= edge && (x + width) * zoom + left <= state.width - edge && (y + height) * zoom + top <= state.height - edge;
    };
    return {
      focus,
      reveal(id, options) {
        soon(() => {
          const node = flow.getInternalNode(id);
          // The first fit comes first.
          if (!node || store.getState().width === 0 || store.getState().fitViewQueued) return false;
          const { x, y } = node.internals.positionAbsolute;
          const width = node.measured.width ?? 0;
          const height = node.measured.height ?? 0;
          if (options?.centre || !inSight(x, y, width, height)) {
            void flow.setCenter(x + width / 2, y + height / 2, { zoom: Math.max(0.7, Math.min(1.25, flow.getZoom())), ...smooth() });
          }
          if (options?.focus) focus(id);
          return true;
        });
      },
      fit: () => void flow.fitView({ ...fitOptions, ...smooth() }),
      middle() {
        const box = root.current?.getBoundingClientRect();
        return box ? flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 }) : { x: 0, y: 0 };
      },
      place: (pointer) => flow.screenToFlowPosition(pointer),
    };
  }, [flow, store, root]);
}
