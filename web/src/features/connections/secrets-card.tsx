import { KeyRound, RotateCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { namesRead } from '@/flow/auth-form/kinds';
import { foundIn, wordsOf } from '@/shared/lib/problems';
import { Badge } from '@/shared/ui/badge';
import { Button, IconButton } from '@/shared/ui/button';
import { Confirm } from '@/shared/ui/dialog';
import { Card } from '@/shared/ui/page';
import { ErrorNote } from '@/shared/ui/states';
import { toast, toastError } from '@/shared/ui/toast';
import { Ago } from './ago';
import { useChange, type Connection, type IntegrationNeeds } from './api';
import { fieldsOf } from './schema-fields';
import { SecretInput } from './secret-input';

interface SecretsCardProps {
  connection: Connection;
  needs: IntegrationNeeds | null;
  readOnly: boolean;
  now: number;
}

interface Secret {
  name: string;
  description?: string;
  required: boolean;
  updatedAt?: string;
}

/** Those that are set, and those that could be. */
function secretsOf({ secrets, auth, tls }: Connection, needs: IntegrationNeeds | null): Secret[] {
  const described: Secret[] = fieldsOf(needs?.secretSchema).map(({ name, schema, required }) => ({ name, required, description: typeof schema.description === 'string' ? schema.description : undefined }));
  const known = [...new Set([...described.map(({ name }) => name), ...namesRead([auth, tls], 'secret'), ...Object.keys(secrets)])];
  return known.map((name) => ({ required: false, ...described.find((secret) => secret.name === name), name, updatedAt: secrets[name]?.updatedAt }));
}

/** Secrets by name and age; each can be replaced, none can be read. */
export function SecretsCard({ connection, needs, readOnly, now }: SecretsCardProps) {
  const [replaced, replace] = useState<string | null>(null);
  const secrets = secretsOf(connection, needs);
  return (
    <Card title="Secrets" padded={false}>
      {secrets.length === 0 && <p className="p-4 text-ink-3">It has no secrets.</p>}
      <ul>
        {secrets.map((secret) => (
          <li key={secret.name} className="border-b px-4 py-2.5 last:border-b-0">
            <Line secret={secret} connection={connection} readOnly={readOnly} now={now} open={replaced === secret.name} onOpen={() => replace(secret.name)} />
            {replaced === secret.name && <Replace secret={secret} connection={connection} lines={namesRead(connection.tls ?? needs?.tls, 'secret').includes(secret.name)} onClose={() => replace(null)} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Line({ secret, connection, readOnly, now, open, onOpen }: { secret: Secret; connection: Connection; readOnly: boolean; now: number; open: boolean; onOpen(): void }) {
  const { name, updatedAt, required } = secret;
  const [removing, setRemoving] = useState(false);
  const change = useChange(connection.id);
  const remove = () =>
    change
      .mutateAsync({ revision: connection.revision, secrets: { [name]: null } })
      .then(() => toast(`The secret ${name} is removed.`))
      .catch(toastError)
      .finally(() => setRemoving(false));
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <KeyRound aria-hidden className="size-4 shrink-0 text-ink-3" />
      <span className="min-w-0 flex-1">
        <span className="font-mono text-xs font-medium break-all">{name}</span>
        <span className="block text-xs text-ink-3">
          {updatedAt ? (
            <>
              written <Ago at={updatedAt} now={now} />
            </>
          ) : (
            'not set'
          )}
        </span>
      </span>
      {!updatedAt && required && <Badge tone="bad">Missing</Badge>}
      {!readOnly && !open && (
        <Button size="sm" icon={updatedAt ? <RotateCw /> : undefined} aria-label={`${updatedAt ? 'Replace' : 'Set'} ${name}`} onClick={onOpen}>
          {updatedAt ? 'Replace' : 'Set'}
        </Button>
      )}
      {!readOnly && updatedAt && !required && <IconButton size="sm" label={`Remove ${name}`} icon={<Trash2 />} onClick={() => setRemoving(true)} />}
      <Confirm open={removing} title={`Remove the secret ${name}?`} action="Remove" danger onConfirm={remove} onClose={() => setRemoving(false)}>
        Calls that need it fail from then on. It cannot be brought back.
      </Confirm>
    </div>
  );
}

function Replace({ secret: { name, description, updatedAt }, connection, lines, onClose }: { secret: Secret; connection: Connection; lines: boolean; onClose(): void }) {
  const [value, setValue] = useState('');
  const change = useChange(connection.id);
  const problems = foundIn(change.error);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    change.mutate(
      { revision: connection.revision, secrets: { [name]: value } },
      {
        onSuccess: () => {
          toast(`${name} is ${updatedAt ? 'replaced' : 'set'}: calls that begin now use it.`);
          onClose();
        },
      },
    );
  };
  return (
    <form onSubmit={submit} autoComplete="off" className="mt-2 flex flex-col gap-2 rounded-md bg-sunken p-3">
      <SecretInput label={`New value of ${name}`} value={value} onChange={setValue} lines={lines} error={wordsOf(problems)} hint={description ?? (updatedAt ? 'Make the new one at the API first, while the old one still works. Then test the connection.' : undefined)} />
      {problems.length === 0 && <ErrorNote error={change.error} />}
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={onClose}>
          Cancel
        </Button>
        <Button size="sm" look="primary" type="submit" busy={change.isPending} disabled={value === ''}>
          {updatedAt ? 'Replace' : 'Set'}
        </Button>
      </div>
    </form>
  );
}
