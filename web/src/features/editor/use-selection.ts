// What is chosen on the canvas, and whether its panel is open.
import { useCallback, useState, type RefObject } from 'react';
import type { GraphHandle } from '@/flow/graph';
import type { Editor, PanelState } from './editor-context';

const empty: readonly string[] = [];

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

export function useSelection(graph: RefObject<GraphHandle | null>) {
  const [selection, setSelection] = useState(empty);
  const [wire, setWire] = useState<string | null>(null);
  const [panel, setPanel] = useState<PanelState | null>(null);

  const select = useCallback((ids: readonly string[]) => {
    setSelection((before) => (same(before, ids) ? before : ids));
    if (ids.length > 0) setWire(null);
    // Another node is edited first, tested when asked for.
    setPanel((before) => (before && ids.length === 1 ? before : before && { ...before, tab: 'edit', field: undefined, focus: false }));
  }, []);
  const chooseWire = useCallback((id: string | null) => {
    setWire(id);
    if (id !== null) setSelection(empty);
  }, []);
  const openPanel = useCallback<Editor['openPanel']>(
    (id, { tab = 'edit', field, focus = false, reveal = false } = {}) => {
      setSelection((before) => (same(before, [id]) ? before : [id]));
      setWire(null);
      setPanel((before) => ({ tab, field, focus, asked: (before?.asked ?? 0) + 1 }));
      if (reveal) graph.current?.reveal(id, { centre: true });
    },
    [graph],
  );
  const closePanel = useCallback(() => {
    setPanel(null);
    setSelection((ids) => {
      if (ids.length === 1) graph.current?.focus(ids[0]!);
      return ids;
    });
  }, [graph]);
  return { selection, select, wire, chooseWire, panel, openPanel, closePanel };
}
