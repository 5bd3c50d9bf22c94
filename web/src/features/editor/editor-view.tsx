// The editor of a draft, put together: toolbar, what stands at the left, canvas, panel.
import { useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { FlowContext } from '@/flow/context';
import type { FlowDoc } from '@/flow/document/types';
import { usePlaces, type GraphHandle } from '@/flow/graph';
import { useMay } from '@/shared/api/session';
import { useLatest } from '@/shared/lib/hooks';
import { Confirm } from '@/shared/ui/dialog';
import type { OpenedDraft } from './api';
import { CanvasArea } from './canvas-area';
import { DialogsOf } from './dialogs';
import { DockArea } from './dock-area';
import { EditorContext, type Adding, type DialogName, type Dock, type Editor } from './editor-context';
import { useCountsShown, CountsContext } from './counts/counts-shown';
import { useFlowContext } from './flow-context';
import { usePresence } from './presence';
import { SidePanel } from './panel/side-panel';
import { TryArea } from './try-area';
import { Toolbar } from './toolbar/toolbar';
import { useActs, type Bench } from './use-acts';
import { useDraft } from './use-draft';
import { useEditorKeys } from './use-keys';
import { useSelection } from './use-selection';

export function EditorView({ slug, opened }: { slug: string; opened: OpenedDraft }) {
  const readOnly = !useMay('editor');
  const { draft, state } = useDraft(slug, opened, readOnly);
  const doc = state.history.present;
  const places = usePlaces(doc);
  const graph = useRef<GraphHandle>(null);
  const chosen = useSelection(graph);
  const [dock, setDock] = useState<Dock>(null);
  const [adding, setAdding] = useState<Adding | null>(null);
  const trial = useTrying();
  const [dialog, openDialog] = useState<DialogName | null>(null);
  const [spoken, say] = useState('');
  const guard = useYamlGuard(opened.yaml);

  const bench = useLatest<Bench>({
    doc,
    places,
    readOnly,
    edit: (what, change, key) => !readOnly && guard.before(() => draft.edit(what, change, key)),
    undo: () => draft.undo(),
    redo: () => draft.redo(),
    select: chosen.select,
    say,
    graph,
  });
  const acts = useActs(bench);
  const startAdding = useCallback((next: Adding) => {
    setAdding(next);
    setDock((before) => (next.pointer ? (before === 'add' ? null : before) : 'add'));
  }, []);
  const stopAdding = useCallback(() => {
    setAdding(null);
    setDock((before) => (before === 'add' ? null : before));
  }, []);

  const editor: Editor = { slug, doc, readOnly, draft, state, places, graph, ...chosen, ...trial, dock, setDock, adding, startAdding, stopAdding, dialog, openDialog, acts, say };
  const flow = useFlowContext({ slug, doc, readOnly, draft, state });
  const presence = usePresence(slug, draft, state);
  const counts = useCountsShown(slug, doc);
  useEditorKeys(editor);
  useAddress(editor);

  return (
    <EditorContext value={editor}>
      <FlowContext value={flow}>
        <CountsContext value={counts}>
          <div className="flex h-full min-h-0 flex-col">
            <Toolbar presence={presence} />
            <div className="relative flex min-h-0 flex-1">
              <DockArea />
              <div className="flex min-w-0 flex-1 flex-col">
                <CanvasArea />
                <TryArea />
              </div>
              <SidePanel />
            </div>
          </div>
          <DialogsOf />
          <p role="status" aria-live="polite" className="sr-only">
            {spoken}
          </p>
          <Confirm open={guard.asking} title="Save this flow as JSON?" action="Edit as JSON" onClose={guard.cancel} onConfirm={guard.agree}>
            Its draft is written in YAML. What is edited here is saved as JSON: the YAML&rsquo;s comments and its order of lines are not kept.
          </Confirm>
        </CountsContext>
      </FlowContext>
    </EditorContext>
  );
}

/** Whether the trial is open, and where it came to. */
function useTrying() {
  const [trying, setTrying] = useState(false);
  const [visited, setVisited] = useState<readonly string[]>([]);
  return useMemo(
    () => ({
      trying,
      visited,
      setVisited,
      startTrying: () => setTrying(true),
      stopTrying() {
        setTrying(false);
        setVisited([]);
      },
    }),
    [trying, visited],
  );
}

/** Asks once, before the first edit of a draft that is written in YAML. */
function useYamlGuard(yaml: boolean) {
  const agreed = useRef(!yaml);
  const held = useRef<(() => void) | null>(null);
  const [asking, ask] = useState(false);
  return useMemo(
    () => ({
      asking,
      before(edit: () => void) {
        if (agreed.current) return edit();
        held.current = edit;
        ask(true);
      },
      agree() {
        agreed.current = true;
        ask(false);
        held.current?.();
        held.current = null;
      },
      cancel() {
        ask(false);
        held.current = null;
      },
    }),
    [asking],
  );
}

/** `?node=<id>&panel=test` opens that node, with its test call. */
function useAddress({ doc, openPanel }: { doc: FlowDoc; openPanel: Editor['openPanel'] }) {
  const { node, panel } = useSearch({ strict: false }) as { node?: string; panel?: string };
  const latest = useLatest(doc);
  useEffect(() => {
    if (node !== undefined && node in latest.current.nodes) openPanel(node, { tab: panel === 'test' ? 'test' : 'edit', reveal: true });
  }, [node, panel, openPanel, latest]);
}

