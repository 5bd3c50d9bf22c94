import type { ReactNode } from 'react';
import { cn } from '../lib/cn';

export interface Column<T> {
  key: string;
  header: string;
  /** Keeps the header for screen readers alone. */
  hideHeader?: boolean;
  cell(row: T): ReactNode;
  /** Less than this wide, the column is left out. */
  from?: 'sm' | 'md' | 'lg';
  align?: 'right';
  className?: string;
}

const from = { sm: 'max-sm:hidden', md: 'max-md:hidden', lg: 'max-lg:hidden' };

/** Rows of one kind. The first column has the link that opens a row. */
export function Table<T>({ label, columns, rows, rowKey, rowClass }: { label: string; columns: Column<T>[]; rows: T[]; rowKey(row: T): string; rowClass?(row: T): string | undefined }) {
  return (
    <div className="relative overflow-x-auto rounded-lg border border-line bg-surface shadow-card">
      <table aria-label={label} className="w-full border-collapse text-left text-sm">
        <thead>
          <tr className="border-b bg-sunken">
            {columns.map((column) => (
              <th key={column.key} scope="col" className={cn('h-8 px-3 text-xs font-medium whitespace-nowrap text-ink-2', column.align === 'right' && 'text-right', column.from && from[column.from])}>
                {column.hideHeader ? <span className="sr-only">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={cn('border-b last:border-b-0 hover:bg-hover', rowClass?.(row))}>
              {columns.map((column) => (
                <td key={column.key} className={cn('h-10 px-3 py-1.5', column.align === 'right' && 'text-right tabular-nums', column.from && from[column.from], column.className)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
