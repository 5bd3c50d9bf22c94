import { useQueries, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { KeyRound, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { useMay } from '@/shared/api/session';
import { useNow } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { Table, type Column } from '@/shared/ui/table';
import { Ago } from './ago';
import { connectionsQuery, needsQuery, type Connection } from './api';
import { NewConnection } from './new-connection';
import { StateBadge } from './state';

/** `?new` is a connection being made, so that the browser's back leads out of it. */
export function ConnectionsScreen() {
  const search = useSearch({ strict: false }) as { new?: string };
  const navigate = useNavigate();
  const isAdmin = useMay('admin');
  if (search.new && isAdmin) return <NewConnection />;
  const add = isAdmin && (
    <Button look="primary" icon={<Plus />} onClick={() => void navigate({ to: '/connections', search: { new: '1' } })}>
      New connection
    </Button>
  );
  return (
    <Page title="Connections" description={`Accounts at APIs: their secrets, and the hosts that these may go to.${isAdmin ? '' : ' Admins make and change them.'}`} actions={add}>
      <List add={add} />
    </Page>
  );
}

function List({ add }: { add: React.ReactNode }) {
  const list = useQuery(connectionsQuery);
  const [search, setSearch] = useState('');
  const now = useNow();
  const consent = useConsent(list.data ?? []);
  if (list.isPending) return <Skeleton label="Loading the connections" />;
  if (list.isError) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data.length === 0) {
    return (
      <EmptyState icon={<KeyRound aria-hidden />} title="No connections yet" actions={add}>
        A connection is one account at an API. Flows name it and never see its secrets.
      </EmptyState>
    );
  }
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = list.data.filter(({ id, name, integrationSlug }) => words.every((word) => `${id} ${name} ${integrationSlug ?? ''}`.toLowerCase().includes(word)));
  return (
    <>
      <div className="relative max-w-sm">
        <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
        <Input type="search" aria-label="Search connections" placeholder="Search connections" value={search} onChange={(event) => setSearch(event.target.value)} className="pl-8" />
      </div>
      {shown.length === 0 ? <EmptyState title="Nothing fits">No connection has “{search}” in its name, id or integration.</EmptyState> : <Table label="Connections" columns={columnsAt(now, consent)} rows={shown} rowKey={({ id }) => id} />}
    </>
  );
}

/** The integrations whose connections need a person's consent; asked only where a connection may still lack it. */
function useConsent(list: Connection[]): Set<string> {
  const open = [...new Set(list.flatMap(({ integrationSlug, tokenExpiresAt, verification }) => (integrationSlug && !tokenExpiresAt && !verification?.ok ? [integrationSlug] : [])))];
  const needs = useQueries({ queries: open.map((slug) => ({ ...needsQuery(slug), retry: false })) });
  return new Set(open.filter((_, index) => needs[index]?.data?.auth?.type === 'oauth2AuthorizationCode'));
}

function columnsAt(now: number, consent: Set<string>): Column<Connection>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      cell: ({ id, name }) => (
        <Link to="/connections/$id" params={{ id }} className="block rounded">
          <span className="font-medium break-words hover:underline">{name || id}</span>
          <span className="block font-mono text-xs break-all text-ink-3">{id}</span>
        </Link>
      ),
    },
    {
      key: 'for',
      header: 'For',
      from: 'sm',
      cell: ({ integrationSlug }) =>
        integrationSlug ? (
          <Link to="/integrations/$slug" params={{ slug: integrationSlug }} className="font-mono text-xs break-all hover:underline">
            {integrationSlug}
          </Link>
        ) : (
          <span className="text-ink-3">HTTP requests</span>
        ),
    },
    {
      key: 'state',
      header: 'State',
      cell: (connection) => <StateBadge connection={connection} now={now} needsConsent={connection.auth?.type === 'oauth2AuthorizationCode' || consent.has(connection.integrationSlug ?? '')} />,
    },
    { key: 'used', header: 'Last used', from: 'md', cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} now={now} /> },
    { key: 'expires', header: 'Expires', from: 'lg', cell: ({ expiresAt }) => <Ago at={expiresAt} now={now} /> },
  ];
}
