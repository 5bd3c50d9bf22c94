// All nodes as a list, in the order of the flow, found by any text inside: also for who does not see the canvas.
import { useId, useMemo, useRef, useState } from 'react';
import { flowOrder, outletsOf, problemWords, triggerId, triggerSummary } from '@/flow/graph';
import type { FlowDoc } from '@/flow/document/types';
import { kindOf } from '@/flow/kinds';
import { cn } from '@/shared/lib/cn';
import { nodeName } from '../edits';
import { useEditor } from '../editor-context';
import { problemCounts } from '../problems';
import { SearchInput } from './search-input';

interface Line {
  id: string;
  name: string;
  kind: string;
  summary: string;
  leads: string;
  text: string;
}

function linesOf(doc: FlowDoc): Line[] {
  const leads = (id: string) => {
    const to = [...new Set(outletsOf(doc, id).flatMap((outlet) => (outlet.to === null ? [] : [nodeName(doc, outlet.to)])))];
    return to.length > 0 ? `leads to ${to.join(', ')}` : '';
  };
  const steps = flowOrder(doc).map((id): Line => {
    const node = doc.nodes[id]!;
    const kind = kindOf(node);
    return { id, name: node.name || id, kind: kind.label, summary: kind.summary(node), leads: leads(id), text: `${id} ${kind.label} ${node.type} ${JSON.stringify(node)}`.toLowerCase() };
  });
  const summary = triggerSummary(doc);
  return [{ id: triggerId, name: 'Trigger', kind: 'Trigger', summary, leads: leads(triggerId), text: `trigger ${summary}`.toLowerCase() }, ...steps];
}

export function FindPanel() {
  const { doc, state, selection, openPanel, select, graph } = useEditor();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const lines = useMemo(() => linesOf(doc), [doc]);
  const problems = useMemo(() => problemCounts(state.problems), [state.problems]);
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = lines.filter(({ text }) => words.every((word) => text.includes(word)));
    // Those that are called so come first.
    const called = ({ name, id }: Line) => words.every((word) => `${name} ${id}`.toLowerCase().includes(word));
    return words.length === 0 ? fitting : [...fitting.filter(called), ...fitting.filter((line) => !called(line))];
  }, [lines, query]);
  const show = (line: Line | undefined) => {
    if (!line) return;
    select([line.id]);
    graph.current?.reveal(line.id, { centre: true });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const next = Math.max(0, Math.min(shown.length - 1, active + (event.key === 'ArrowDown' ? 1 : -1)));
      setActive(next);
      list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && shown[active]) openPanel(shown[active].id, { focus: true, reveal: true });
    else return;
    event.preventDefault();
  };
  return (
    <>
      <SearchInput
        label="Find a node"
        placeholder="Name, id, kind, or any text inside"
        value={query}
        onChange={(next) => {
          setQuery(next);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        list={id}
        active={shown[active] ? `${id}-${active}` : undefined}
      />
      <ul ref={list} id={id} role="listbox" aria-label="Nodes in the order of the flow" className="min-h-0 flex-1 overflow-auto px-2 pb-2">
        {shown.map((line, index) => (
          // Keys are handled by the input, which keeps the focus.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={line.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={selection.includes(line.id)}
            onClick={() => show(line)}
            onDoubleClick={() => openPanel(line.id, { reveal: true })}
            onMouseMove={() => setActive(index)}
            className={cn('cursor-pointer rounded-md px-2 py-1.5', index === active && 'bg-hover', selection.includes(line.id) && 'text-accent-text')}
          >
            <span className="block truncate" title={line.name}>
              {line.name}
            </span>
            <span className="block truncate text-xs text-ink-3" title={line.summary}>
              {line.kind}
              {line.summary && ` · ${line.summary}`}
            </span>
            {problems[line.id] && <span className="block text-xs text-warn">{problemWords(problems[line.id]!)}</span>}
            <span className="sr-only">{line.leads}</span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="px-4 py-2 text-ink-3">No node fits.</p>}
      <p className="shrink-0 border-t px-4 py-2 text-xs text-ink-3">Enter opens a node. A click shows where it is.</p>
    </>
  );
}
