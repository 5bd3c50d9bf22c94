import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Blocks, ChevronDown, FileUp, PencilLine, Plus, Search, Terminal } from 'lucide-react';
import { useState } from 'react';
import { useMay } from '@/shared/api/session';
import { formatAgo, formatTime } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Menu } from '@/shared/ui/menu';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { Table, type Column } from '@/shared/ui/table';
import { integrationsQuery, type Integration } from './api';
import { ImportOpenapi } from './import-openapi';
import { IntegrationState } from './integration-state';
import { NewFromCurl, NewIntegration } from './new-integration';

type Way = 'hand' | 'openapi' | 'curl';

/** `?new=…` is the way in which one is being made, so that the browser's back leads out of it. */
export function IntegrationsScreen() {
  const search = useSearch({ strict: false }) as { new?: string };
  const navigate = useNavigate();
  const mayEdit = useMay('editor');
  const open = (way?: Way) => void navigate({ to: '/integrations', search: way ? { new: way } : {} });
  if (search.new === 'openapi' && mayEdit) return <ImportOpenapi />;
  return (
    <Page title="Integrations" description="APIs written down once. Flows choose an operation and fill in its inputs." actions={mayEdit && <NewButton onChoose={open} />}>
      <List onNew={open} mayEdit={mayEdit} />
      {search.new === 'hand' && <NewIntegration open onClose={() => open()} />}
      {search.new === 'curl' && <NewFromCurl open onClose={() => open()} />}
    </Page>
  );
}

function NewButton({ onChoose }: { onChoose(way: Way): void }) {
  return (
    <Menu
      label="New integration"
      trigger={
        <Button look="primary" icon={<Plus />}>
          New integration
          <ChevronDown aria-hidden />
        </Button>
      }
      items={[
        { label: 'Set up by hand', icon: <PencilLine />, onSelect: () => onChoose('hand') },
        { label: 'Import an OpenAPI document', icon: <FileUp />, onSelect: () => onChoose('openapi') },
        { label: 'Import a cURL command', icon: <Terminal />, onSelect: () => onChoose('curl') },
      ]}
    />
  );
}

function List({ onNew, mayEdit }: { onNew(way: Way): void; mayEdit: boolean }) {
  const list = useQuery(integrationsQuery);
  const [search, setSearch] = useState('');
  const now = useNow();
  if (list.isPending) return <Skeleton label="Loading the integrations" />;
  if (list.isError) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data.length === 0) return <None onNew={onNew} mayEdit={mayEdit} />;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = list.data.filter(({ slug, name }) => words.every((word) => `${slug} ${name}`.toLowerCase().includes(word)));
  return (
    <>
      <SearchBox label="Search integrations" value={search} onChange={setSearch} />
      {shown.length === 0 ? <EmptyState title="Nothing fits">No integration has “{search}” in its name or slug.</EmptyState> : <Table label="Integrations" columns={columnsAt(now)} rows={shown} rowKey={({ slug }) => slug} />}
    </>
  );
}

function SearchBox({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  return (
    <div className="relative max-w-sm">
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
      <Input type="search" aria-label={label} placeholder={label} value={value} onChange={(event) => onChange(event.target.value)} className="pl-8" />
    </div>
  );
}

function None({ onNew, mayEdit }: { onNew(way: Way): void; mayEdit: boolean }) {
  return (
    <EmptyState
      icon={<Blocks aria-hidden />}
      title="No integrations yet"
      actions={
        mayEdit && (
          <>
            <Button look="primary" icon={<FileUp />} onClick={() => onNew('openapi')}>
              Import an OpenAPI document
            </Button>
            <Button icon={<PencilLine />} onClick={() => onNew('hand')}>
              Set up by hand
            </Button>
          </>
        )
      }
    >
      An integration is an API written down once: where it is, how calls sign in, and its operations with typed inputs.
      {!mayEdit && ' An editor can set one up.'}
    </EmptyState>
  );
}

function columnsAt(now: number): Column<Integration>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      cell: ({ slug, name }) => (
        <Link to="/integrations/$slug" params={{ slug }} className="block rounded">
          <span className="font-medium break-words hover:underline">{name || slug}</span>
          <span className="block font-mono text-xs break-all text-ink-3">{slug}</span>
        </Link>
      ),
    },
    { key: 'state', header: 'State', cell: (integration) => <IntegrationState integration={integration} /> },
    { key: 'published', header: 'Published', from: 'md', cell: ({ publishedAt }) => <Ago at={publishedAt} now={now} none="never" /> },
    { key: 'draft', header: 'Draft written', from: 'sm', cell: ({ draftAt }) => <Ago at={draftAt} now={now} none="" /> },
  ];
}

function Ago({ at, now, none }: { at?: string | null; now: number; none: string }) {
  if (!at) return <span className="text-ink-3">{none}</span>;
  return (
    <time dateTime={at} title={formatTime(at)} className="whitespace-nowrap text-ink-2">
      {formatAgo(at, now)}
    </time>
  );
}
