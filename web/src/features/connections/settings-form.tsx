import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { AuthForm, type AuthDoc } from '@/flow/auth-form/auth-form';
import { namesRead } from '@/flow/auth-form/kinds';
import { TlsForm, type TlsDoc } from '@/flow/auth-form/tls-form';
import { isProblem } from '@/shared/api/client';
import { foundIn, problemsAt, wordsOf } from '@/shared/lib/problems';
import { Button } from '@/shared/ui/button';
import { TextField } from '@/shared/ui/input';
import { Card } from '@/shared/ui/page';
import { Refusal } from '@/shared/ui/problem-list';
import { Section } from '@/shared/ui/section';
import { toast } from '@/shared/ui/toast';
import { useChange, type Connection, type IntegrationNeeds, type Limits } from './api';
import { ExpiryField } from './expiry-field';
import { LimitsForm } from './limits-form';
import { fieldsOf, SchemaFields, type SchemaField } from './schema-fields';

interface SettingsFormProps {
  connection: Connection;
  needs: IntegrationNeeds | null;
  readOnly: boolean;
}

interface Edited {
  name: string;
  config: Record<string, unknown>;
  limits: Limits;
  expiresAt: string | null;
  auth: AuthDoc | null;
  tls: TlsDoc | null;
}

/** The public fields: those that the integration describes, those that templates read, and those that are set. */
function configFields(connection: Connection, needs: IntegrationNeeds | null, auth: unknown): SchemaField[] {
  const described = fieldsOf(needs?.configSchema);
  const others = [...new Set([...namesRead(auth, 'conn'), ...Object.keys(connection.config)])].filter((name) => !described.some((field) => field.name === name));
  return [...described, ...others.map((name) => ({ name, schema: typeof connection.config[name] === 'object' ? { type: 'object' } : {}, required: false }))];
}

/** All of a connection that is no secret, changed together. */
export function SettingsForm({ connection, needs, readOnly }: SettingsFormProps) {
  const first: Edited = { name: connection.name, config: connection.config, limits: connection.limits, expiresAt: connection.expiresAt ?? null, auth: connection.auth ?? null, tls: connection.tls ?? null };
  const [edited, setEdited] = useState(first);
  const queries = useQueryClient();
  const change = useChange(connection.id);
  const set = (part: Partial<Edited>) => setEdited({ ...edited, ...part });
  const own = !connection.integrationSlug;
  const problems = foundIn(change.error);
  const fields = configFields(connection, needs, own ? [edited.auth, edited.tls] : undefined);
  const dirty = JSON.stringify(edited) !== JSON.stringify(first);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const { name, config, limits, expiresAt, auth, tls } = edited;
    change.mutate(
      { revision: connection.revision, name, config, limits: limits as Record<string, never>, expiresAt: expiresAt ?? '', ...(own ? { auth: auth ?? { type: 'none' }, tls: tls ?? {} } : {}) } as Parameters<typeof change.mutate>[0],
      { onSuccess: () => toast('Saved: calls that begin now use it.') },
    );
  };
  return (
    <form onSubmit={submit} aria-label="Settings of the connection" autoComplete="off">
      <Card
        title="Settings"
        actions={
          dirty && (
            <span className="flex gap-2">
              <Button size="sm" look="ghost" onClick={() => setEdited(first)}>
                Discard
              </Button>
              <Button size="sm" look="primary" type="submit" busy={change.isPending}>
                Save
              </Button>
            </span>
          )
        }
      >
        <div className="flex flex-col gap-4">
          <Refusal error={change.error} />
          {isProblem(change.error, 'revision-differs') && (
            <Button className="self-start" onClick={() => void queries.invalidateQueries({ queryKey: ['connections', connection.id], exact: true })}>
              Load what is there now, and lose these changes
            </Button>
          )}
          <TextField label="Name" value={edited.name} readOnly={readOnly} error={wordsOf(problemsAt(problems, 'name'))} onChange={(event) => set({ name: event.target.value })} className="sm:max-w-[calc(50%-0.375rem)]" />
          {fields.length > 0 && <SchemaFields fields={fields} value={edited.config} onChange={(config) => set({ config })} problems={problems} readOnly={readOnly} />}
          <div>
            {own && (
              <Section title="Signing in" note={edited.auth?.type ?? 'none'}>
                <AuthForm value={edited.auth ?? undefined} onChange={(auth) => set({ auth: auth ?? null })} problems={problems} readOnly={readOnly} />
                <TlsForm value={edited.tls ?? undefined} onChange={(tls) => set({ tls: tls ?? null })} problems={problems} readOnly={readOnly} />
              </Section>
            )}
            <Section title="Limits" note={limitsNote(connection.limits)}>
              <LimitsForm value={edited.limits} onChange={(limits) => set({ limits })} problems={problems} readOnly={readOnly} />
            </Section>
            <Section title="Expiry" note={connection.expiresAt ? 'set' : 'does not expire'}>
              <ExpiryField value={edited.expiresAt} onChange={(expiresAt) => set({ expiresAt })} error={wordsOf(problemsAt(problems, 'expiresAt'))} readOnly={readOnly} />
            </Section>
          </div>
        </div>
      </Card>
    </form>
  );
}

function limitsNote({ maxConnections, requestsPerSecond, circuitBreaker }: Limits): string {
  return [`${maxConnections ?? 64} calls at once`, requestsPerSecond ? `${requestsPerSecond} requests a second` : 'no rate limit', circuitBreaker && 'pauses a host that fails'].filter(Boolean).join(', ');
}
