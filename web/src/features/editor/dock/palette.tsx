// The kinds of nodes, grouped and found by typing; a click or Enter adds one, and each can be dragged onto the canvas.
import { useId, useMemo, useRef, useState } from 'react';
import { dragType } from '@/flow/graph';
import { kinds, type NodeKind } from '@/flow/kinds';
import { cn } from '@/shared/lib/cn';
import { SearchInput } from './search-input';

export function Palette({ onChoose, draggable = false }: { onChoose(type: string): void; draggable?: boolean }) {
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const fitting = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return kinds.filter((kind) => words.every((word) => `${kind.label} ${kind.description} ${kind.group} ${kind.type}`.toLowerCase().includes(word)));
  }, [query]);
  const groups = [...new Set(fitting.map((kind) => kind.group))];
  // In the order in which they are drawn.
  const shown = groups.flatMap((group) => fitting.filter((kind) => kind.group === group));
  const move = (to: number) => {
    const index = Math.max(0, Math.min(fitting.length - 1, to));
    setActive(index);
    list.current?.querySelector(`#${CSS.escape(`${id}-${index}`)}`)?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(active + 1);
    else if (event.key === 'ArrowUp') move(active - 1);
    else if (event.key === 'Enter' && shown[active]) onChoose(shown[active].type);
    else return;
    event.preventDefault();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <SearchInput
        label="Find a kind of node"
        placeholder="Find a kind of node"
        value={query}
        onChange={(next) => {
          setQuery(next);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        list={id}
        active={shown[active] ? `${id}-${active}` : undefined}
      />
      <div ref={list} id={id} role="listbox" aria-label="Kinds of nodes" className="min-h-0 flex-1 overflow-auto px-2 pb-2">
        {groups.map((group) => (
          <div key={group} role="group" aria-label={group}>
            <div aria-hidden className="px-2 pt-2 pb-0.5 text-xs font-medium text-ink-3">
              {group}
            </div>
            {shown.map((kind, index) => kind.group === group && <Item key={kind.type} id={`${id}-${index}`} kind={kind} active={index === active} draggable={draggable} onChoose={onChoose} onHover={() => setActive(index)} />)}
          </div>
        ))}
        {fitting.length === 0 && <p className="px-2 py-3 text-ink-3">No kind of node fits.</p>}
      </div>
    </div>
  );
}

function Item({ id, kind, active, draggable, onChoose, onHover }: { id: string; kind: NodeKind; active: boolean; draggable: boolean; onChoose(type: string): void; onHover(): void }) {
  const Icon = kind.icon;
  return (
    // Keys are handled by the input, which keeps the focus.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      draggable={draggable}
      onDragStart={(event) => {
        event.dataTransfer.setData(dragType, kind.type);
        event.dataTransfer.effectAllowed = 'copy';
      }}
      onClick={() => onChoose(kind.type)}
      onMouseMove={onHover}
      className={cn('flex items-center gap-2.5 rounded-md px-2 py-1.5', draggable ? 'cursor-grab' : 'cursor-pointer', active && 'bg-hover')}
    >
      <span className="flex size-7 shrink-0 items-center justify-center rounded-md bg-sunken text-ink-2">
        <Icon aria-hidden className="size-4" />
      </span>
      <span className="min-w-0">
        <span className="block text-sm">{kind.label}</span>
        <span className="block text-xs text-ink-3">{kind.description}</span>
      </span>
    </div>
  );
}
