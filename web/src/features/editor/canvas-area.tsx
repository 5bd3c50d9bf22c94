// The canvas in the editor: what it draws, and what its gestures do to the document.
import { Check, LayoutGrid, Plus } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { FlowGraph, triggerId, wireEnds, type GraphEdits, type NodeDecoration } from '@/flow/graph';
import { IconButton, Button } from '@/shared/ui/button';
import { useLatest } from '@/shared/lib/hooks';
import { useCountsContext } from './counts/counts-shown';
import { CountsBar } from './counts/counts-bar';
import { FloatingPalette } from './dock/floating-palette';
import { useEditor } from './editor-context';
import { problemCounts } from './problems';
import { addAfterChosen } from './use-keys';

/** How a node stands that the trial came to. */
const visitedMark: NodeDecoration = { tone: 'accent', badge: 'tried', badgeIcon: <Check aria-hidden />, spoken: 'the trial came here' };

export function CanvasArea() {
  const editor = useEditor();
  const { doc, places, readOnly, selection, select, wire, chooseWire, state, acts, graph, openPanel } = editor;
  const counts = useCountsContext();
  const problems = useMemo(() => problemCounts(state.problems), [state.problems]);
  const edits = useGraphEdits();
  const { visited } = editor;
  const decorations = useMemo(() => ({ ...counts.nodes, ...Object.fromEntries(visited.map((id) => [id, { ...counts.nodes[id], ...visitedMark }])) }), [counts.nodes, visited]);
  useKeepInSight();
  const empty = Object.keys(doc.nodes).length === 0;
  return (
    <section aria-label="Canvas" className="relative min-h-0 min-w-0 flex-1">
      <FlowGraph
        handle={graph}
        doc={doc}
        places={places}
        label={`The flow ${doc.name || doc.slug}`}
        selection={selection}
        onSelect={select}
        onOpen={(id, by) => openPanel(id, { focus: by === 'key' })}
        chosenWire={wire}
        onChooseWire={chooseWire}
        problems={problems}
        decorations={decorations}
        edgeDecorations={counts.wires}
        edits={edits}
        readOnly={readOnly}
        controls={!readOnly && <IconButton size="sm" label="Tidy up" icon={<LayoutGrid />} onClick={acts.tidy} disabled={empty} />}
      />
      {!readOnly && editor.dock !== 'add' && (
        <div className="pointer-events-none absolute top-3 left-3 z-10">
          <Button icon={<Plus />} className="pointer-events-auto shadow-card" title="Add a node (A)" onClick={() => addAfterChosen(editor)}>
            Add node
          </Button>
        </div>
      )}
      <CountsBar />
      {empty && <EmptyCanvas />}
      <FloatingPalette />
    </section>
  );
}

/** What is chosen stays in sight when something opens beside the canvas. */
function useKeepInSight() {
  const { dock, panel, trying, selection, graph } = useEditor();
  const open = panel !== null;
  const latest = useLatest(selection);
  useEffect(() => {
    let frame = requestAnimationFrame(() => {
      // The canvas has its new width a frame later.
      frame = requestAnimationFrame(() => latest.current.length === 1 && graph.current?.reveal(latest.current[0]!));
    });
    return () => cancelAnimationFrame(frame);
  }, [dock, open, trying, graph, latest]);
}

function EmptyCanvas() {
  const { readOnly, startAdding } = useEditor();
  return (
    <div className="pointer-events-none absolute inset-x-0 top-1/4 flex justify-center px-4">
      <div className="pointer-events-auto max-w-sm text-center">
        <h2 className="text-base font-semibold">This flow has no nodes yet</h2>
        <p className="mt-1 text-ink-2">{readOnly ? 'An editor can add some.' : 'Begin with a call of an API, and lead on from each of its answers.'}</p>
        {!readOnly && (
          <Button look="primary" icon={<Plus />} className="mt-3" onClick={() => startAdding({ from: { node: triggerId, outlet: 'start' } })}>
            Add the first node
          </Button>
        )}
      </div>
    </div>
  );
}

/** The same object for as long as the editor stands: the canvas is not drawn again for it. */
function useGraphEdits(): GraphEdits {
  const latest = useLatest(useEditor());
  return useMemo(
    () => ({
      move: (to) => latest.current.acts.move(to),
      connect: (node, outlet, to) => latest.current.acts.lead(node, outlet, to),
      dropWire: (node, outlet, { at, pointer }) => latest.current.startAdding({ from: { node, outlet }, at: { x: at.x, y: at.y - 28 }, pointer }),
      insert: (wire, { pointer }) => latest.current.startAdding({ from: wireEnds(wire), pointer }),
      drop: (type, { at, wire }) => {
        const { acts, stopAdding } = latest.current;
        acts.add(type, wire === undefined ? { at: { x: at.x - 60, y: at.y - 28 } } : { from: wireEnds(wire) });
        stopAdding();
      },
    }),
    [latest],
  );
}
