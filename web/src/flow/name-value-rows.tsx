import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { Input } from '@/shared/ui/input';
import { Rows, type RowCell } from '@/shared/ui/rows';
import { Checkbox } from '@/shared/ui/toggle';

/** A row of headers, of a query or of a form. */
export interface NameValue {
  name: string;
  value?: string | number | boolean;
  enabled?: boolean;
  optional?: boolean;
}

interface NameValueRowsProps {
  noun: string;
  rows: NameValue[];
  onChange(rows: NameValue[]): void;
  /** Where the rows stand in the document, for their problems. */
  at: string;
  problems?: Found[];
  readOnly?: boolean;
  /** Whether a row can say that it is left out where its value is missing. */
  withOptional?: boolean;
  empty?: string;
}

/** Takes a key out where it says what is so without it. */
function without<T extends object>(row: T, key: keyof T): T {
  const { [key]: _, ...rest } = row;
  return rest as T;
}

function cellsOf(readOnly: boolean | undefined, withOptional: boolean): RowCell<NameValue>[] {
  const cells: RowCell<NameValue>[] = [
    {
      key: 'enabled',
      header: '',
      width: '1rem',
      cell: (row, set, label) => (
        <Checkbox label={`Send${label.replace(/^ of/, '')}`} hideLabel disabled={readOnly} checked={row.enabled !== false} onChange={(on) => set(on ? without(row, 'enabled') : { ...row, enabled: false })} />
      ),
    },
    {
      key: 'name',
      header: 'Name',
      width: '2fr',
      cell: (row, set, label) => <Input mono aria-label={label} value={String(row.name ?? '')} readOnly={readOnly} onChange={(event) => set({ ...row, name: event.target.value })} />,
    },
    {
      key: 'value',
      header: 'Value',
      width: '3fr',
      cell: (row, set, label) => <Input mono aria-label={label} title={String(row.value ?? '')} value={String(row.value ?? '')} readOnly={readOnly} onChange={(event) => set({ ...row, value: event.target.value })} />,
    },
  ];
  if (withOptional) {
    cells.push({
      key: 'optional',
      header: 'Optional',
      width: '4.5rem',
      cell: (row, set, label) => (
        <span className="flex items-center gap-1.5">
          <Checkbox label={label} hideLabel disabled={readOnly} checked={row.optional === true} onChange={(on) => set(on ? { ...row, optional: true } : without(row, 'optional'))} />
          <span aria-hidden className="text-xs text-ink-3 sm:hidden">
            Leave out where its value is missing
          </span>
        </span>
      ),
    });
  }
  return cells;
}

export function NameValueRows({ noun, rows, onChange, at, problems = [], readOnly, withOptional = false, empty }: NameValueRowsProps) {
  return (
    <Rows
      noun={noun}
      rows={rows}
      cells={cellsOf(readOnly, withOptional)}
      create={() => ({ name: '', value: '' })}
      onChange={onChange}
      readOnly={readOnly}
      error={(index) => wordsOf(problemsAt(problems, `${at}[${index}]`, true))}
      empty={empty}
    />
  );
}
