// An object as rows of a name and a value, in order.
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import type { Json } from '../document/types';
import { FieldProblems } from './problems';
import { ValueField } from './value-field';

export interface NamedValue {
  name: string;
  value: Json;
}

/** The rows as an object; of rows with one name the last stays. */
export function toObject(rows: readonly NamedValue[]): Record<string, Json> {
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}

function toRows(object: Record<string, Json>): NamedValue[] {
  return Object.entries(object).map(([name, value]) => ({ name, value }));
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

interface NamedValuesProps {
  /** What one is called: `variable`. */
  noun: string;
  value: unknown;
  onChange(value: Record<string, Json>): void;
  node: string;
  /** Where the object stands below the node: `set`. */
  dataField: string;
  readOnly: boolean;
  empty?: string;
}

export function NamedValues({ noun, value, onChange, node, dataField, readOnly, empty }: NamedValuesProps) {
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};
  // A name that is half typed may be another row's: the rows are held here, the object is what can be kept of them.
  const [held, setHeld] = useState(() => toRows(object));
  if (!same(toObject(held), object)) setHeld(toRows(object));
  const rows = held;
  const edit = useListEdit(rows, (next) => {
    setHeld(next);
    onChange(toObject(next));
  });
  const Noun = noun[0]!.toUpperCase() + noun.slice(1);
  const twice = (index: number) => rows.some((row, at) => at !== index && row.name === rows[index]!.name);
  return (
    <div className="flex flex-col gap-2">
      {rows.length === 0 && <p className="text-xs text-ink-3">{empty ?? `No ${noun} yet.`}</p>}
      <Sortable label={`${Noun}s`} rows={rows} edit={edit} readOnly={readOnly} rowLabel={(row, index) => `${noun} ${row.name || index + 1}`}>
        {(row, index, handle) => {
          const at = `${dataField}.${row.name}`;
          return (
            <div className="flex items-start gap-1.5">
              {handle}
              <div className="flex min-w-0 flex-1 flex-col gap-1.5 rounded-md border border-line bg-sunken/60 p-2">
                <div className="flex items-center gap-1.5">
                  <Input mono aria-label={`Name of ${noun} ${index + 1}`} placeholder="name" value={row.name} readOnly={readOnly} aria-invalid={twice(index) || undefined} onChange={(event) => edit.set(index, { ...row, name: event.target.value })} />
                  {!readOnly && <IconButton label={`Remove ${noun} ${row.name || index + 1}`} size="sm" icon={<Trash2 />} onClick={() => edit.remove(index)} />}
                </div>
                {twice(index) && <p className="text-xs text-bad">This name stands twice: of the two the last is kept.</p>}
                <ValueField label={`Value of ${row.name || `${noun} ${index + 1}`}`} value={row.value} onChange={(next) => edit.set(index, { ...row, value: next })} node={node} dataField={at} readOnly={readOnly} />
                {typeof row.value !== 'string' && <FieldProblems node={node} field={at} deep />}
              </div>
            </div>
          );
        }}
      </Sortable>
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field={dataField} onClick={() => edit.add({ name: freeName(rows, noun), value: '' })}>
          Add {noun}
        </Button>
      )}
    </div>
  );
}

/** A name that no row has yet. */
function freeName(rows: readonly NamedValue[], noun: string): string {
  const taken = new Set(rows.map((row) => row.name));
  for (let count = 1; ; count++) {
    const name = count === 1 ? noun : `${noun}${count}`;
    if (!taken.has(name)) return name;
  }
}
