// The panel at the right: the chosen node, or the trigger, to edit or to test.
import { Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { FlowContext, useFlow } from '@/flow/context';
import { triggerId } from '@/flow/graph';
import { kindOf } from '@/flow/kinds';
import { Skeleton } from '@/shared/ui/states';
import { Tabs } from '@/shared/ui/tabs';
import { useEditor } from '../editor-context';
import { GeneralPanel, TestCall, TriggerPanel } from '../slots';
import { isCall } from '../use-acts';
import { NodeHeader, TriggerHeader } from './panel-header';
import { NodeProblems } from './node-problems';
import { useWidth, WidthHandle } from './width-handle';

export function SidePanel() {
  const { panel, selection, doc, closePanel } = useEditor();
  const [width, setWidth] = useWidth();
  const id = selection.length === 1 ? selection[0]! : null;
  if (!panel || id === null || (id !== triggerId && !(id in doc.nodes))) return null;
  return (
    <>
      <WidthHandle width={width} onChange={setWidth} />
      {/* Escape is for what is inside, which has the focus. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <aside
        aria-label={id === triggerId ? 'Trigger' : `Node ${doc.nodes[id]!.name || id}`}
        style={{ width }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.defaultPrevented) return;
          event.preventDefault();
          closePanel();
        }}
        className="flex min-h-0 max-w-[60vw] shrink-0 flex-col border-l bg-surface max-md:absolute max-md:inset-0 max-md:z-20 max-md:!w-full max-md:max-w-none"
      >
        {id === triggerId ? <TriggerBody /> : <NodeBody key={id} id={id} />}
      </aside>
    </>
  );
}

function TriggerBody() {
  const { doc, readOnly, acts, state } = useEditor();
  const body = useFieldFocus();
  return (
    <>
      <TriggerHeader />
      <div ref={body} className="min-h-0 flex-1 overflow-auto px-4 py-3">
        <NodeProblems id={triggerId} not={/^(trigger|entry)\b/} />
        <Suspense fallback={<Skeleton />}>
          <TriggerPanel doc={doc} readOnly={readOnly} problems={state.problems} onChange={(next) => acts.setDoc(next, 'change the trigger', 'trigger')} />
        </Suspense>
      </div>
    </>
  );
}

function NodeBody({ id }: { id: string }) {
  const { doc, panel, openPanel, readOnly, acts } = useEditor();
  const body = useFieldFocus();
  const node = doc.nodes[id]!;
  return (
    <>
      <NodeHeader id={id} node={node} />
      <div ref={body} className="min-h-0 flex-1 overflow-auto px-4 pt-3 pb-6">
        {isCall(doc, id) && !readOnly ? (
          <Tabs
            label="What to do with the call"
            value={panel?.tab ?? 'edit'}
            onChange={(tab) => openPanel(id, { tab: tab === 'test' ? 'test' : 'edit' })}
            tabs={[
              { value: 'edit', label: 'Set up', content: <EditBody id={id} /> },
              {
                value: 'test',
                label: 'Test call',
                content: (
                  <Suspense fallback={<Skeleton />}>
                    <TestCall id={id} node={node} readOnly={readOnly} onChange={(next) => acts.setNode(id, next)} />
                  </Suspense>
                ),
              },
            ]}
          />
        ) : (
          <EditBody id={id} />
        )}
      </div>
    </>
  );
}

function EditBody({ id }: { id: string }) {
  const { doc, readOnly, acts, startAdding } = useEditor();
  const flow = useFlow();
  const node = doc.nodes[id]!;
  const Panel = kindOf(node).panel ?? GeneralPanel;
  // Panels know nothing of the palette; they may ask for a new node at one of their ways on.
  const value = useMemo(() => ({ ...flow, addAfter: (from: string, outlet: string) => startAdding({ from: { node: from, outlet } }) }), [flow, startAdding]);
  return (
    <FlowContext.Provider value={value}>
      <NodeProblems id={id} />
      <Suspense fallback={<Skeleton />}>
        <Panel id={id} node={node} readOnly={readOnly} onChange={(next) => acts.setNode(id, next)} />
      </Suspense>
    </FlowContext.Provider>
  );
}

/** The focusable of an element: itself, or the first inside. */
function focusable(element: Element | null | undefined): HTMLElement | null {
  const sorts = 'input:not([type=hidden]), textarea, select, button, [contenteditable="true"], [tabindex="0"]';
  if (!element) return null;
  return element.matches(sorts) ? (element as HTMLElement) : element.querySelector<HTMLElement>(sorts);
}

/** The control of a field, or of the nearest above it: `cases[1].on` is found in `cases[1]` or `cases`. */
function controlOf(body: HTMLElement, field: string): HTMLElement | null {
  for (let path = field; path; path = path.replace(/(\.[^.[\]]+|\[[^[\]]*\]|^[^.[\]]+)$/, '')) {
    const found = body.querySelector(`[data-field="${CSS.escape(path)}"]`);
    if (found) return focusable(found);
  }
  return null;
}

/** How long a panel that is loaded only now may take until its fields are looked for no more. */
const lookMs = 3_000;

/** Leads to the field that was asked for, once the panel is there. */
function useFieldFocus() {
  const { panel } = useEditor();
  const body = useRef<HTMLDivElement>(null);
  const [done, setDone] = useState(0);
  const asked = panel?.asked ?? 0;
  useEffect(() => {
    if (!panel || done === asked || (!panel.focus && !panel.field)) return;
    const until = performance.now() + lookMs;
    let frame = 0;
    const look = () => {
      const root = body.current;
      const control = root && panel.field ? controlOf(root, panel.field) : null;
      const fallback = root && (!panel.field || performance.now() > until) ? focusable(root.closest('aside')?.querySelector('[data-panel-start]')) : null;
      const found = control ?? fallback;
      if (found) {
        found.scrollIntoView({ block: 'center' });
        if (panel.focus || control) found.focus({ preventScroll: true });
        setDone(asked);
      } else if (performance.now() <= until) frame = requestAnimationFrame(look);
    };
    frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [panel, asked, done]);
  return body;
}
