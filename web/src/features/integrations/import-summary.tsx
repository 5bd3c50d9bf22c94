import { CircleCheck, Info, Search, TriangleAlert } from 'lucide-react';
import { useDeferredValue, useMemo, useState, type ReactNode } from 'react';
import { sentence } from '@/shared/api/client';
import { formatCount, plural } from '@/shared/lib/format';
import { Button } from '@/shared/ui/button';
import { Combobox } from '@/shared/ui/combobox';
import { Input, TextField } from '@/shared/ui/input';
import { Card } from '@/shared/ui/page';
import { Refusal } from '@/shared/ui/problem-list';
import { Words } from '@/shared/ui/words';
import type { Imported } from './api';
import { operationsOf } from './document';
import { MethodMark } from './method-mark';
import { NameFields, useNames } from './name-fields';
import { useCreate } from './new-integration';

interface ImportSummaryProps {
  imported: Imported;
  busy: boolean;
  error: unknown;
  onServer(server: string): void;
  onOther(): void;
}

/** What came in and what did not, before anything is kept. */
export function ImportSummary({ imported, busy, error, onServer, onOther }: ImportSummaryProps) {
  const { integration, document, skipped, notes } = imported;
  const operations = useMemo(() => operationsOf(integration), [integration]);
  const names = useNames({ name: integration.name ?? '', slug: integration.slug });
  const { create, taken } = useCreate();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const same = names.slug === integration.slug && names.name === (integration.name ?? '');
    create.mutate({ slug: names.slug, document: same ? document : { ...integration, slug: names.slug, name: names.name } });
  };
  return (
    <>
      <Card
        title="The draft"
        actions={
          <span className="flex flex-wrap gap-2">
            <Button onClick={onOther}>Choose another document</Button>
            <Button look="primary" type="submit" form="import-draft" busy={create.isPending} disabled={busy}>
              Create draft
            </Button>
          </span>
        }
      >
        <form id="import-draft" onSubmit={submit} className="flex flex-col gap-3">
          <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <Count icon={<CircleCheck aria-hidden className="text-ok" />}>{plural(operations.length, 'operation')} came in</Count>
            {skipped.length > 0 && <Count icon={<TriangleAlert aria-hidden className="text-warn" />}>{plural(skipped.length, 'operation')} did not</Count>}
            {notes.length > 0 && <Count icon={<Info aria-hidden className="text-ink-3" />}>{plural(notes.length, 'note')}</Count>}
          </p>
          <NameFields names={names} slugError={taken} />
          <Server imported={imported} busy={busy} onServer={onServer} />
          <Refusal error={error} />
          {!taken && <Refusal error={create.error} />}
        </form>
      </Card>
      {skipped.length > 0 && (
        <Findings title="What did not come in" noun="operation" items={skipped.map(({ method, path, reason, server }) => ({ group: server ? `${sentence(`${reason}:`)} ${server}` : sentence(reason), name: path, method }))} />
      )}
      {notes.length > 0 && <Findings title="What came in otherwise than the document says" noun="note" items={notes.map(({ operation, message }) => ({ group: sentence(message), name: operation ?? 'the whole document' }))} />}
      <Findings title="What came in" noun="operation" items={operations.map(([key, { method, path }]) => ({ group: '', name: key, method: method ?? 'GET', detail: path }))} />
    </>
  );
}

function Count({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5 font-medium [&_svg]:size-4">
      {icon}
      {children}
    </span>
  );
}

/** The server that is called; those that skipped operations name can be chosen too. */
function Server({ imported, busy, onServer }: { imported: Imported; busy: boolean; onServer(server: string): void }) {
  const base = imported.integration.baseUrl;
  const [own, setOwn] = useState('');
  const others = useMemo(() => [...new Set(imported.skipped.flatMap(({ server }) => (server ? [server] : [])))].filter((server) => server !== base), [imported, base]);
  return (
    <div className="grid items-start gap-3 sm:grid-cols-2">
      {others.length > 0 ? (
        <Combobox label="Server" value={base} disabled={busy} choices={[base, ...others].map((value) => ({ value, label: value }))} onChange={(value) => value !== base && onServer(value)} hint="Another one of the document’s: it is read anew." />
      ) : (
        <TextField label="Server" mono readOnly value={base} hint="Every operation’s path follows it." />
      )}
      <div className="flex items-end gap-2">
        <TextField label="Or another server" mono value={own} onChange={(event) => setOwn(event.target.value)} placeholder="https://api.example.com" className="flex-1" />
        <Button disabled={!own.trim()} busy={busy} onClick={() => onServer(own.trim())}>
          Read anew
        </Button>
      </div>
    </div>
  );
}

interface Finding {
  /** Why; one heading for all that share it. */
  group: string;
  name: string;
  method?: string;
  detail?: string;
}

/** The most lines of a list that are drawn before asking. */
const shownMax = 50;

function Findings({ title, noun, items }: { title: string; noun: string; items: Finding[] }) {
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(shownMax);
  const query = useDeferredValue(search).toLowerCase();
  const fitting = useMemo(() => items.filter(({ group, name, method, detail }) => `${group} ${name} ${method ?? ''} ${detail ?? ''}`.toLowerCase().includes(query)), [items, query]);
  const groups = new Map<string, Finding[]>();
  for (const item of fitting.slice(0, limit)) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return (
    <Card
      title={`${title} (${formatCount(items.length)})`}
      actions={
        items.length > 10 && (
          <div className="relative w-56">
            <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
            <Input type="search" aria-label={`Search: ${title}`} placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} className="pl-8" />
          </div>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {[...groups].map(([group, list]) => (
          <div key={group} className="flex flex-col gap-1">
            {group && (
              <h3 className="font-medium break-words">
                <Words text={group} />
              </h3>
            )}
            <ul className="flex flex-col gap-1">
              {list.map((item, index) => (
                <li key={index} className="flex items-baseline gap-2 font-mono text-xs break-all">
                  {item.method && <MethodMark method={item.method} />}
                  <span>{item.name}</span>
                  {item.detail && <span className="text-ink-3">{item.detail}</span>}
                </li>
              ))}
            </ul>
          </div>
        ))}
        {fitting.length === 0 && <p className="text-ink-3">Nothing fits.</p>}
        {fitting.length > limit && (
          <Button className="self-start" onClick={() => setLimit(limit + 500)}>
            Show more of {plural(fitting.length, noun)}
          </Button>
        )}
      </div>
    </Card>
  );
}
