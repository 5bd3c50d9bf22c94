import { Plus, Ticket, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '@/shared/api/session';
import { formatAgo, formatTime } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { CodeBlock } from '@/shared/ui/code';
import { Confirm } from '@/shared/ui/dialog';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote } from '@/shared/ui/states';
import { Table, type Column } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { AdminOnly } from './admin-only';
import { revokeToken, useAct, useTokens, type Token } from './api';
import { Paged } from './paged';
import { roleLabel } from './roles';
import { ShownOnce } from './shown-once';
import { NewToken } from './token-new';

export function TokensScreen() {
  return (
    <AdminOnly title="Tokens">
      <Tokens />
    </AdminOnly>
  );
}

function Tokens() {
  const { list, items } = useTokens();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const make = (
    <Button look="primary" icon={<Plus />} onClick={() => setMaking(true)}>
      New token
    </Button>
  );
  return (
    <Page title="Tokens" description="What programs show to use the API: one for each system, with the least role that does." actions={make}>
      <Paged list={list} what="tokens" empty={items.length === 0} whenEmpty={<EmptyState icon={<Ticket aria-hidden />} title="No tokens yet" actions={make}>Make one for each system that sends events or reads runs.</EmptyState>}>
        <TokenTable tokens={items} onRevoke={setRevoking} />
      </Paged>
      <NewToken
        open={making}
        onClose={() => setMaking(false)}
        onMade={(text) => {
          setMaking(false);
          setMade(text);
        }}
      />
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(null)} />}
      {made && (
        <ShownOnce title="New token" label="token" text={made} onClose={() => setMade(null)}>
          <p className="text-sm text-ink-2">Try it:</p>
          <CodeBlock label="command" text={`curl -H 'Authorization: Bearer ${made}' ${location.origin}/v1/session`} />
        </ShownOnce>
      )}
    </Page>
  );
}

function TokenTable({ tokens, onRevoke }: { tokens: Token[]; onRevoke(token: Token): void }) {
  const now = useNow();
  const own = useSession().id;
  const columns: Column<Token>[] = [
    {
      key: 'name',
      header: 'Token',
      cell: (token) => (
        <div className="flex flex-col gap-0.5">
          <span className="font-medium wrap-anywhere">
            {token.name}
            {token.id === own && <span className="font-normal text-ink-3"> (yours)</span>}
          </span>
          <span className="font-mono text-xs text-ink-3 max-sm:hidden">{token.id}</span>
          <span className="text-xs text-ink-2 sm:hidden">{roleLabel(token.role)}</span>
        </div>
      ),
    },
    { key: 'role', header: 'Role', from: 'sm', cell: (token) => roleLabel(token.role) },
    { key: 'created', header: 'Made', from: 'md', cell: (token) => <span title={formatTime(token.createdAt)}>{formatAgo(token.createdAt, now)}</span> },
    { key: 'expires', header: 'Expires', cell: (token) => <Expiry at={token.expiresAt} now={now} /> },
    {
      key: 'revoke',
      header: 'Acts',
      hideHeader: true,
      align: 'right',
      cell: (token) => (
        <Button size="sm" look="danger" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
          Revoke
        </Button>
      ),
    },
  ];
  return <Table label="Tokens" columns={columns} rows={tokens} rowKey={(token) => token.id} />;
}

const week = 7 * 24 * 3_600_000;

function Expiry({ at, now }: { at?: string | null; now: number }) {
  if (!at) return <span className="text-ink-2">Never</span>;
  const left = new Date(at).getTime() - now;
  if (left <= 0) {
    return (
      <Badge tone="bad" icon={<TriangleAlert aria-hidden />}>
        Expired
      </Badge>
    );
  }
  if (left < week) {
    return (
      <Badge tone="warn" icon={<TriangleAlert aria-hidden />}>
        {formatAgo(at, now)}
      </Badge>
    );
  }
  return <span title={formatTime(at)}>{formatAgo(at, now)}</span>;
}

function Revoke({ token, onClose }: { token: Token; onClose(): void }) {
  const revoke = useAct(
    'tokens',
    () => revokeToken(token.id),
    () => {
      toast(`${token.name} is revoked.`);
      onClose();
    },
  );
  return (
    <Confirm open danger title={`Revoke ${token.name}?`} action="Revoke" onClose={onClose} onConfirm={() => revoke.mutateAsync(undefined).catch(() => undefined)}>
      <div className="flex flex-col gap-3">
        <p>What shows this token is refused at once. It cannot be brought back.</p>
        <ErrorNote error={revoke.error} />
      </div>
    </Confirm>
  );
}
