import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { CirclePause, CirclePlay, LogIn, MoreHorizontal, PlugZap, Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useMay } from '@/shared/api/session';
import { formatTime } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { Button, IconButton } from '@/shared/ui/button';
import { Menu } from '@/shared/ui/menu';
import { Card, Page } from '@/shared/ui/page';
import { ErrorNote, ErrorState, Skeleton } from '@/shared/ui/states';
import { toastError } from '@/shared/ui/toast';
import { Ago } from './ago';
import { connectionQuery, needsQuery, useChange, useTest, type Connection, type IntegrationNeeds } from './api';
import { DeleteConnection } from './delete-connection';
import { beginAuthorization } from './oauth';
import { SecretsCard } from './secrets-card';
import { SettingsForm } from './settings-form';
import { StateBadge } from './state';
import { TestOutcome } from './test-outcome';
import { UsesCard } from './uses-card';

export function ConnectionScreen() {
  const { id } = useParams({ strict: false }) as { id: string };
  const connection = useQuery(connectionQuery(id));
  const slug = connection.data?.integrationSlug ?? null;
  // What the integration asks for adds to the screen; without it the connection is shown as it is.
  const needs = useQuery({ ...needsQuery(slug ?? ''), enabled: slug !== null, retry: false });
  if (connection.isError) return <ErrorState error={connection.error} onRetry={() => void connection.refetch()} />;
  if (connection.isPending || (slug !== null && needs.isPending)) {
    return (
      <Page title={id}>
        <Skeleton label="Loading the connection" />
      </Page>
    );
  }
  return <Screen key={id} connection={connection.data} needs={needs.data ?? null} />;
}

function Screen({ connection, needs }: { connection: Connection; needs: IntegrationNeeds | null }) {
  const { id } = connection;
  const isAdmin = useMay('admin');
  const now = useNow();
  const test = useTest(id);
  const [deleting, setDeleting] = useState(false);
  const consent = (connection.auth ?? needs?.auth)?.type === 'oauth2AuthorizationCode';
  return (
    <Page
      title={connection.name || id}
      description={
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-mono text-xs">{id}</span>
          <StateBadge connection={connection} needsConsent={consent} now={now} />
        </span>
      }
      actions={isAdmin && <Actions connection={connection} consent={consent} needs={needs} test={test} onDelete={() => setDeleting(true)} />}
    >
      {!isAdmin && <p className="text-ink-3">Admins test and change connections; you may look at them.</p>}
      <ErrorNote error={test.error} />
      {test.data && <TestOutcome result={test.data} />}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <SecretsCard connection={connection} needs={needs} readOnly={!isAdmin} now={now} />
          <SettingsForm key={connection.revision} connection={connection} needs={needs} readOnly={!isAdmin} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Facts connection={connection} consent={consent} now={now} />
          <UsesCard id={id} />
        </div>
      </div>
      {deleting && <DeleteConnection id={id} onClose={() => setDeleting(false)} />}
    </Page>
  );
}

interface ActionsProps {
  connection: Connection;
  consent: boolean;
  needs: IntegrationNeeds | null;
  test: ReturnType<typeof useTest>;
  onDelete(): void;
}

function Actions({ connection, consent, needs, test, onDelete }: ActionsProps) {
  const { id, disabled, revision } = connection;
  const change = useChange(id);
  const [going, setGoing] = useState(false);
  const connect = async () => {
    setGoing(true);
    try {
      await beginAuthorization(id);
    } catch (error) {
      setGoing(false);
      toastError(error);
    }
  };
  const fresh = consent && !connection.tokenExpiresAt;
  // Without an operation to test with there is nothing to press; the hint says what to do.
  const untestable = !connection.integrationSlug ? 'Test it with the API call that uses it' : !needs?.verify ? 'The integration names no operation to test with: choose one in its settings' : undefined;
  return (
    <>
      {consent && (
        <Button look={fresh ? 'primary' : 'secondary'} icon={<LogIn />} busy={going} onClick={() => void connect()}>
          {fresh ? 'Connect…' : 'Connect again…'}
        </Button>
      )}
      <Button look={fresh ? 'secondary' : 'primary'} icon={<PlugZap />} busy={test.isPending} disabled={untestable !== undefined} title={untestable} onClick={() => test.mutate()}>
        Test
      </Button>
      <Menu
        label="More"
        trigger={<IconButton label="More" icon={<MoreHorizontal />} />}
        items={[
          {
            label: disabled ? 'Enable' : 'Disable',
            icon: disabled ? <CirclePlay /> : <CirclePause />,
            onSelect: () => change.mutate({ revision, disabled: !disabled }, { onError: toastError }),
          },
          null,
          { label: 'Delete', icon: <Trash2 />, danger: true, onSelect: onDelete },
        ]}
      />
    </>
  );
}

function Facts({ connection, consent, now }: { connection: Connection; consent: boolean; now: number }) {
  const { integrationSlug, allowedHosts, lastUsedAt, verification, tokenExpiresAt, expiresAt, createdAt, createdBy, updatedAt, updatedBy } = connection;
  return (
    <Card title="About">
      <dl className="flex flex-col gap-3">
        <Fact name="For">
          {integrationSlug ? (
            <Link to="/integrations/$slug" params={{ slug: integrationSlug }} className="break-all text-accent-text hover:underline">
              {integrationSlug}
            </Link>
          ) : (
            'HTTP requests of flows'
          )}
        </Fact>
        <Fact name="Allowed hosts, fixed">
          <span className="font-mono text-xs break-all">{allowedHosts.join(', ') || 'none'}</span>
        </Fact>
        <Fact name="Last used">
          <Ago at={lastUsedAt} now={now} />
        </Fact>
        <Fact name="Last test">{verification ? <TestLine {...verification} now={now} /> : <span className="text-ink-3">never</span>}</Fact>
        {consent && (
          <Fact name="Token ends">
            <Ago at={tokenExpiresAt} now={now} none="no token yet" />
          </Fact>
        )}
        {expiresAt && <Fact name="Not used from">{formatTime(expiresAt)}</Fact>}
        <Fact name="Made">
          <Ago at={createdAt} now={now} /> by {createdBy}
        </Fact>
        <Fact name="Changed">
          <Ago at={updatedAt} now={now} /> by {updatedBy}
        </Fact>
      </dl>
    </Card>
  );
}

function TestLine({ ok, text, at, now }: { ok: boolean; text: string; at: string; now: number }) {
  return (
    <>
      <Ago at={at} now={now} />: <span className={ok ? 'text-ok' : 'text-bad'}>{ok ? 'passed' : 'failed'}</span>, <span className="break-words">{text.replaceAll('`', '')}</span>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}
