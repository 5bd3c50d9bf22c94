// Rows that are put in order by dragging their handles, or by keys.
import { GripVertical } from 'lucide-react';
import { Fragment, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { cn } from '../lib/cn';

/** A list as a form edits it: each row keeps a key of its own, so that what is typed moves with it. */
export interface ListEdit<T> {
  keys: readonly number[];
  set(index: number, row: T): void;
  add(...rows: T[]): void;
  remove(index: number): void;
  move(from: number, to: number): void;
  replace(index: number, ...rows: T[]): void;
  /** The key of a row that was just added: whoever added it goes on in it. */
  added: RefObject<number | null>;
}

let nextKey = 1;

export function useListEdit<T>(rows: readonly T[], onChange: (rows: T[]) => void): ListEdit<T> {
  const [held, setHeld] = useState<number[]>(() => rows.map(() => nextKey++));
  const added = useRef<number | null>(null);
  // Changed from elsewhere (undo, an output saved from a test): the first keys stay.
  const keys = held.length === rows.length ? held : rows.map((_, index) => held[index] ?? nextKey++);
  if (keys !== held) setHeld(keys);
  const write = (nextRows: T[], nextKeys: number[]) => {
    setHeld(nextKeys);
    onChange(nextRows);
  };
  return {
    keys,
    set: (index, row) => onChange(rows.map((old, at) => (at === index ? row : old))),
    added,
    add: (...fresh) => {
      const freshKeys = fresh.map(() => nextKey++);
      added.current = freshKeys[0] ?? null;
      write([...rows, ...fresh], [...keys, ...freshKeys]);
    },
    remove: (index) => write(rows.toSpliced(index, 1), keys.toSpliced(index, 1)),
    move: (from, to) => {
      if (to < 0 || to >= rows.length || from === to) return;
      write(rows.toSpliced(from, 1).toSpliced(to, 0, rows[from]!), keys.toSpliced(from, 1).toSpliced(to, 0, keys[from]!));
    },
    replace: (index, ...put) => write(rows.toSpliced(index, 1, ...put), keys.toSpliced(index, 1, ...put.map((_, at) => (at === 0 ? keys[index]! : nextKey++)))),
  };
}

/** What of a row is written or chosen first. */
const writable = 'input:not([type="checkbox"]), textarea, select, [contenteditable="true"], button:not([data-handle])';

interface SortableProps<T> {
  label: string;
  rows: readonly T[];
  edit: ListEdit<T>;
  readOnly?: boolean;
  /** What a row is called: `Header 1`. */
  rowLabel(row: T, index: number): string;
  className?: string;
  children(row: T, index: number, handle: ReactNode): ReactNode;
}

export function Sortable<T>({ label, rows, edit, readOnly, rowLabel, className, children }: SortableProps<T>) {
  const list = useRef<HTMLUListElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const [said, say] = useState('');
  useEffect(() => {
    const row = edit.added.current === null ? null : list.current?.querySelector(`[data-row="${edit.added.current}"]`);
    if (!row) return;
    edit.added.current = null;
    row.querySelector<HTMLElement>(writable)?.focus();
  });

  const moveByKey = (index: number, to: number) => {
    if (to < 0 || to >= rows.length) return;
    edit.move(index, to);
    say(`${rowLabel(rows[index]!, index)} is now ${to + 1} of ${rows.length}`);
    // The row keeps its key, and the handle its focus; browsers drop it where the element was moved.
    const key = edit.keys[index];
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-handle="${key}"]`)?.focus());
  };
  const placeAt = (y: number) => {
    const boxes = [...(list.current?.children ?? [])].filter((child) => child.hasAttribute('data-row')).map((child) => child.getBoundingClientRect());
    const after = boxes.filter((box) => y > box.top + box.height / 2).length;
    return Math.min(after, rows.length);
  };
  const handle = (row: T, index: number) =>
    readOnly || rows.length < 2 ? (
      <span className="w-4 shrink-0" />
    ) : (
      <button
        type="button"
        data-handle={edit.keys[index]}
        aria-label={`Move ${rowLabel(row, index)}`}
        title="Drag to order, or use ↑ and ↓"
        className="flex h-8 w-4 shrink-0 cursor-grab! touch-none items-center justify-center rounded text-ink-3 hover:text-ink active:cursor-grabbing!"
        onKeyDown={(event) => {
          const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          moveByKey(index, index + by);
        }}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: index, to: index });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: placeAt(event.clientY) })}
        onPointerUp={() => {
          if (drag) edit.move(drag.from, drag.to > drag.from ? drag.to - 1 : drag.to);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
      >
        <GripVertical aria-hidden className="size-4" />
      </button>
    );
  const line = (index: number) => drag?.to === index && drag.to !== drag.from && drag.to !== drag.from + 1 && <li aria-hidden className="-my-1 h-0.5 rounded bg-accent" />;

  return (
    <>
      <ul ref={list} aria-label={label} className={cn('flex flex-col gap-2', rows.length === 0 && 'hidden', className)}>
        {rows.map((row, index) => (
          <Fragment key={edit.keys[index]}>
            {line(index)}
            {/* Alt with the arrows moves the row from any control in it. */}
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
            <li
              data-row={edit.keys[index]}
              className={cn(drag?.from === index && 'opacity-50')}
              onKeyDown={(event) => {
                const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
                if (!event.altKey || by === undefined || readOnly || event.target instanceof HTMLSelectElement) return;
                event.preventDefault();
                event.stopPropagation();
                moveByKey(index, index + by);
              }}
            >
              {children(row, index, handle(row, index))}
            </li>
          </Fragment>
        ))}
        {line(rows.length)}
      </ul>
      <span aria-live="polite" className="sr-only">
        {said}
      </span>
    </>
  );
}
