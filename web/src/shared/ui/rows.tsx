// Rows that are alike, each a few controls wide: headers, query pairs, inputs.
import { Plus, Trash2 } from 'lucide-react';
import { useRef, type ReactNode } from 'react';
import { cn } from '../lib/cn';
import { Button, IconButton } from './button';
import { Words } from './words';

export interface RowCell<T> {
  key: string;
  header: string;
  /** A track of the grid, as `1fr` or `6rem`. */
  width: string;
  /** Its control; `label` is its whole name, with the row's number. */
  cell(row: T, set: (row: T) => void, label: string): ReactNode;
}

interface RowsProps<T> {
  /** What one row is called, as `Header`. */
  noun: string;
  rows: T[];
  cells: RowCell<T>[];
  create(): T;
  onChange(rows: T[]): void;
  readOnly?: boolean;
  /** What is wrong with a row, shown below it. */
  error?(index: number): ReactNode;
  /** In place of rows, while there are none. */
  empty?: ReactNode;
}

/** On a narrow screen the cells of a row stand below each other. */
export function Rows<T>({ noun, rows, cells, create, onChange, readOnly, error, empty }: RowsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const columns = { '--row': `${cells.map(({ width }) => (width.endsWith('fr') ? `minmax(0, ${width})` : width)).join(' ')}${readOnly ? '' : ' 1.75rem'}` } as React.CSSProperties;
  const grid = 'grid grid-cols-1 items-center gap-x-2 gap-y-1 sm:[grid-template-columns:var(--row)]';
  const add = () => {
    onChange([...rows, create()]);
    // The new row's first control, once it stands.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[data-row]:last-child :is(input, select, textarea)')?.focus());
  };
  return (
    <div className="flex flex-col gap-1.5">
      {rows.length > 0 && (
        <div aria-hidden style={columns} className={cn(grid, 'text-xs text-ink-3 max-sm:hidden')}>
          {cells.map(({ key, header }) => (
            <span key={key} className="truncate">
              {header}
            </span>
          ))}
        </div>
      )}
      <div ref={list} className="flex flex-col gap-1.5 max-sm:gap-3">
        {rows.map((row, index) => {
          const wrong = error?.(index);
          return (
            <div key={index} data-row role="group" aria-label={`${noun} ${index + 1}`}>
              <div style={columns} className={cn(grid, 'relative')}>
                {cells.map(({ key, header, cell }) => (
                  <div key={key} className="min-w-0">
                    {cell(row, (next) => onChange(rows.map((item, at) => (at === index ? next : item))), `${header} of ${noun.toLowerCase()} ${index + 1}`)}
                  </div>
                ))}
                {!readOnly && (
                  <IconButton label={`Remove ${noun.toLowerCase()} ${index + 1}`} size="sm" icon={<Trash2 />} className="justify-self-end" onClick={() => onChange(rows.filter((_, at) => at !== index))} />
                )}
              </div>
              {wrong && <p className="mt-0.5 text-xs break-words text-bad">{typeof wrong === 'string' ? <Words text={wrong} /> : wrong}</p>}
            </div>
          );
        })}
      </div>
      {rows.length === 0 && empty && <p className="text-xs text-ink-3">{empty}</p>}
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" onClick={add}>
          Add {noun.toLowerCase()}
        </Button>
      )}
    </div>
  );
}
