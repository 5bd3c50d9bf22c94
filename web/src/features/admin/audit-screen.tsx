import { useNavigate, useSearch } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { useMemo, useState } from 'react';
import { formatAgo, formatTime } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { Code } from '@/shared/ui/code';
import { Page } from '@/shared/ui/page';
import { EmptyState } from '@/shared/ui/states';
import { Table, type Column } from '@/shared/ui/table';
import { AdminOnly } from './admin-only';
import { useAudit, useMembers, useTokens, type AuditEntry as Entry, type AuditFilter } from './api';
import { AuditEntry } from './audit-entry';
import { AuditFilters, type AuditSearch } from './audit-filters';
import { actionWords } from './audit-words';
import { Paged } from './paged';

export function AuditScreen() {
  return (
    <AdminOnly title="Audit">
      <Audit />
    </AdminOnly>
  );
}

/** Hours of a span as `24h` or `7d`. */
function hoursOf(span: string): number {
  const count = Number.parseInt(span, 10);
  return span.endsWith('d') ? count * 24 : count;
}

/** What the address asks for, as the API takes it; a span ends when it was chosen, so that pages fit together. */
function useFilter({ actor, action, object, last, from, to }: AuditSearch): AuditFilter {
  return useMemo(() => {
    const hours = last ? hoursOf(last) : Number.NaN;
    const since = Number.isNaN(hours) ? from : new Date(Date.now() - hours * 3_600_000).toISOString();
    return { actor: actor || undefined, action: action || undefined, object: object || undefined, from: since || undefined, to: to || undefined };
  }, [actor, action, object, last, from, to]);
}

function Audit() {
  const search = useSearch({ strict: false }) as AuditSearch;
  const navigate = useNavigate();
  const { list, items } = useAudit(useFilter(search));
  const [open, setOpen] = useState<Entry | null>(null);
  const narrow = (next: AuditSearch) => void navigate({ to: '/audit', search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)), replace: true });
  return (
    <Page
      title="Audit"
      description={
        <>
          Who did what, and when; nothing here can be changed. <Code>callout audit verify</Code> proves it.
        </>
      }
    >
      <AuditFilters search={search} onChange={narrow} />
      <Paged list={list} what="entries" empty={items.length === 0} whenEmpty={<EmptyState icon={<ScrollText aria-hidden />} title="No entry fits">Take a longer time, or fewer filters.</EmptyState>}>
        <AuditTable entries={items} onOpen={setOpen} />
      </Paged>
      <AuditEntry
        entry={open}
        onClose={() => setOpen(null)}
        onNarrow={(by) => {
          setOpen(null);
          narrow({ ...search, ...by });
        }}
      />
    </Page>
  );
}

function AuditTable({ entries, onOpen }: { entries: Entry[]; onOpen(entry: Entry): void }) {
  const now = useNow();
  const names = useNames();
  const columns: Column<Entry>[] = [
    { key: 'when', header: 'When', className: 'whitespace-nowrap', cell: (entry) => <span title={formatTime(entry.at)}>{formatAgo(entry.at, now)}</span> },
    { key: 'who', header: 'Who', className: 'min-w-24', cell: (entry) => <Actor actor={entry.actor} /> },
    { key: 'what', header: 'What', cell: (entry) => <What entry={entry} names={names} onOpen={() => onOpen(entry)} /> },
    { key: 'action', header: 'Action', from: 'lg', cell: (entry) => <Code>{entry.action}</Code> },
    { key: 'from', header: 'From', from: 'md', cell: (entry) => <span className="font-mono text-xs wrap-anywhere text-ink-2">{entry.from ?? 'terminal'}</span> },
  ];
  return <Table label="Audit log" columns={columns} rows={entries} rowKey={(entry) => String(entry.number)} />;
}

function Actor({ actor }: { actor: Entry['actor'] }) {
  return (
    <span className="wrap-anywhere">
      {actor.name || 'Nobody'}
      {actor.kind === 'token' && <span className="text-ink-3"> (token)</span>}
    </span>
  );
}

/** The act as a sentence's end; it opens the entry. */
function What({ entry, names, onOpen }: { entry: Entry; names: Map<string, string>; onOpen(): void }) {
  const about = aboutOf(entry, names);
  return (
    <button type="button" aria-label={`Entry ${entry.number}: ${actionWords(entry.action)} ${about}`.trim()} title={entry.object.id} onClick={onOpen} className="rounded text-left wrap-anywhere hover:underline">
      {actionWords(entry.action)} {about && <span className="text-ink-2">{about}</span>}
    </button>
  );
}

/** What it was done to, by the name that it has or had; nothing where it was the actor's own doing. */
function aboutOf({ actor, object, before, after }: Entry, names: Map<string, string>): string {
  if (object.kind === 'session' || (object.id && object.id === actor.id)) return '';
  const told = (value: unknown) => (typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? value.name : undefined);
  const known = object.kind === 'member' || object.kind === 'token' ? (names.get(object.id) ?? told(after) ?? told(before)) : undefined;
  return [object.kind, known || object.id].filter(Boolean).join(' ');
}

/** The names of the members and tokens there are. */
function useNames(): Map<string, string> {
  const members = useMembers().items;
  const tokens = useTokens().items;
  return new Map([...members, ...tokens].map(({ id, name }) => [id, name]));
}
