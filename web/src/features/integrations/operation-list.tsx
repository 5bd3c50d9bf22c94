import { Plus, Search, ShieldCheck } from 'lucide-react';
import { memo, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Found } from '@/shared/api/client';
import { cn } from '@/shared/lib/cn';
import { plural } from '@/shared/lib/format';
import { SeverityIcon } from '@/shared/ui/badge';
import { IconButton } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { textOf, type OperationDoc } from './document';
import { MethodMark } from './method-mark';

interface OperationListProps {
  operations: [string, OperationDoc][];
  problems: Found[];
  chosen?: string;
  onChoose(key: string): void;
  onAdd?(): void;
  verify?: string;
}

/** The worst that the check says of each operation. */
function severities(problems: Found[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { at, severity } of problems) {
    const key = /^operations\.([^.[]+)/.exec(at)?.[1];
    if (key && found.get(key) !== 'error') found.set(key, severity);
  }
  return found;
}

/** All operations to choose from. Rows out of sight are laid out by nobody, so a thousand stay quick. */
export function OperationList({ operations, problems, chosen, onChoose, onAdd, verify }: OperationListProps) {
  const [search, setSearch] = useState('');
  const query = useDeferredValue(search);
  const list = useRef<HTMLUListElement>(null);
  const worst = useMemo(() => severities(problems), [problems]);
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return operations;
    return operations.filter(([key, { name, method, path, description }]) => {
      const text = `${key} ${textOf(name)} ${textOf(method) || 'GET'} ${textOf(path)} ${textOf(description)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [operations, query]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    (buttons[at + step] ?? buttons[at])?.focus();
  };
  return (
    <section aria-label="Operations" className="flex flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-card">
      <div className="flex items-center gap-1 border-b p-2">
        <div className="relative min-w-0 flex-1">
          <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
          <Input type="search" aria-label="Search operations" placeholder={`Search ${plural(operations.length, 'operation')}`} value={search} onChange={(event) => setSearch(event.target.value)} className="pl-8" />
        </div>
        {onAdd && <IconButton label="Add operation" icon={<Plus />} onClick={onAdd} />}
      </div>
      {/* The arrow keys are a shorter way between its buttons. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul ref={list} onKeyDown={onKeyDown} className="max-h-[calc(100dvh-11.5rem)] min-h-24 overflow-auto max-lg:max-h-none">
        {shown.map(([key, operation]) => (
          <Line key={key} name={key} operation={operation} chosen={key === chosen} severity={worst.get(key)} verifies={key === verify} onChoose={onChoose} />
        ))}
      </ul>
      {shown.length === 0 && <p className="px-3 py-4 text-center text-ink-3">Nothing fits.</p>}
    </section>
  );
}

interface LineProps {
  name: string;
  operation: OperationDoc;
  chosen: boolean;
  severity?: string;
  verifies: boolean;
  onChoose(key: string): void;
}

const Line = memo(
  function Line({ name, operation, chosen, severity, verifies, onChoose }: LineProps) {
    const title = textOf(operation.name);
    return (
      <li className="border-b last:border-b-0 [contain-intrinsic-size:auto_3rem] [content-visibility:auto]">
        <button
          type="button"
          aria-current={chosen || undefined}
          onClick={() => onChoose(name)}
          title={`${name}: ${textOf(operation.path)}`}
          className={cn('flex min-h-12 w-full items-center px-3 py-1 text-left -outline-offset-2 hover:bg-sunken focus-visible:-outline-offset-2', chosen && 'bg-sunken shadow-[inset_2px_0_0_var(--accent)]')}
        >
          <MethodMark method={textOf(operation.method) || 'GET'} />
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{title || name}</span>
            <span className="block truncate font-mono text-xs text-ink-3">{textOf(operation.path) || '(the base URL)'}</span>
          </span>
          {verifies && <ShieldCheck role="img" aria-label="Tests connections" className="ml-2 size-4 shrink-0 text-ink-3" />}
          {severity && (
            <span className="ml-2 flex">
              <SeverityIcon severity={severity} />
            </span>
          )}
        </button>
      </li>
    );
  },
  // `onChoose` differs at each render and does the same.
  (a, b) => a.name === b.name && a.operation.method === b.operation.method && a.operation.path === b.operation.path && a.operation.name === b.operation.name && a.chosen === b.chosen && a.severity === b.severity && a.verifies === b.verifies,
);
