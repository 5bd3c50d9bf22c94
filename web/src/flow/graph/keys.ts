// Keys on a node of the canvas: arrows walk through the flow, Enter opens.
import { useReactFlow } from '@xyflow/react';
import { useRef, type KeyboardEvent } from 'react';
import type { FlowDoc } from '../document/types';
import { flowOrder, neighbour, type Direction } from './order';
import type { Places } from './places';
import type { GraphHandle } from './types';
import { fitOptions, smooth } from './view-port';
import { triggerId } from './view';

const arrows: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };

interface Walk {
  doc: FlowDoc;
  places: Places;
  self: GraphHandle;
  onSelect?(ids: string[]): void;
  onOpen?(id: string, by: 'mouse' | 'key'): void;
}

export function useGraphKeys({ doc, places, self, onSelect, onOpen }: Walk) {
  const flow = useReactFlow();
  // The way that led here, so that going back leads there again.
  const way = useRef<string[]>([]);
  const go = (id: string) => {
    onSelect?.([id]);
    self.reveal(id, { focus: true });
  };
  const walk = (id: string, direction: Direction) => {
    const next = neighbour(doc, places, id, direction, way.current.at(-1));
    if (next === null) return;
    if (direction === 'right') way.current.push(id);
    if (direction === 'left') way.current.pop();
    go(next);
  };
  return (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const id = target.classList.contains('react-flow__node') ? target.dataset.id : undefined;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || target.closest('input, textarea, select, [contenteditable]')) return;
    const direction = arrows[event.key];
    if (id !== undefined && direction && !event.shiftKey) walk(id, direction);
    else if (id !== undefined && event.key === 'Enter') onOpen?.(id, 'key');
    else if (id !== undefined && event.key === ' ') onSelect?.([id]);
    else if (id !== undefined && event.key === 'Home') go(triggerId);
    else if (id !== undefined && event.key === 'End') go(flowOrder(doc).at(-1) ?? triggerId);
    else if (event.key === '+' || event.key === '=') void flow.zoomIn(smooth());
    else if (event.key === '-') void flow.zoomOut(smooth());
    else if (event.key === '0') void flow.fitView({ ...fitOptions, ...smooth() });
    else return;
    event.preventDefault();
  };
}
