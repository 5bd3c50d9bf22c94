import { Blocks, Check, KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '@/shared/api/session';
import { Checkbox } from '@/shared/ui/toggle';
import { PasswordField } from '@/shared/ui/password';
import { ErrorNote } from '@/shared/ui/states';
import type { Needs, Secrets } from './api';

interface Props {
  needs: Needs;
  error: unknown;
  secrets: Secrets;
  onSecrets(secrets: Secrets): void;
}

/** What an example needs beside its flow: what is there, what is made with it, what an admin is to fill in. */
export function ExampleNeeds({ needs, error, secrets, onSecrets }: Props) {
  if (error) return <ErrorNote error={error} />;
  if (needs.integrations.length + needs.connections.length === 0) return null;
  return (
    <section aria-label="What it needs" className="flex flex-col gap-2 rounded-md border border-line bg-sunken px-3 py-2.5">
      <h3 className="text-xs font-medium text-ink-2">It needs</h3>
      {needs.integrations.map((each) => (
        <Need key={each.slug} icon={<Blocks />} name={each.name} there={each.there}>
          The integration is made and published with it.
        </Need>
      ))}
      {needs.connections.map((each) => (
        <ConnectionNeed key={each.id} need={each} values={secrets[each.id]} onValues={(values) => onSecrets(values ? { ...secrets, [each.id]: values } : without(secrets, each.id))} />
      ))}
    </section>
  );
}

const without = (secrets: Secrets, id: string): Secrets => Object.fromEntries(Object.entries(secrets).filter(([key]) => key !== id));

function Need({ icon, name, there, children }: { icon: ReactNode; name: string; there: boolean; children: ReactNode }) {
  return (
    <div className="flex gap-2 [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0">
      <span className="text-ink-3">{icon}</span>
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{name}</p>
        {there ? (
          <p className="flex items-center gap-1 text-xs text-ok">
            <Check aria-hidden className="mt-0! size-3.5!" /> It is there already, and is left as it is.
          </p>
        ) : (
          <div className="text-xs text-ink-2">{children}</div>
        )}
      </div>
    </div>
  );
}

type Values = Record<string, string>;

function ConnectionNeed({ need, values, onValues }: { need: Needs['connections'][number]; values?: Values; onValues(values: Values | null): void }) {
  const mayConnect = useMay('admin');
  return (
    <Need icon={<KeyRound />} name={`Connection “${need.name}”`} there={need.there}>
      {mayConnect ? (
        <div className="mt-1 flex flex-col gap-2">
          <Checkbox label="Make it now" checked={Boolean(values)} onChange={(on) => onValues(on ? {} : null)} hint="Else make it later under Connections." />
          {values &&
            need.secrets.map((name) => <PasswordField key={name} label={name} required autoComplete="off" value={values[name] ?? ''} onChange={(event) => onValues({ ...values, [name]: event.target.value })} />)}
        </div>
      ) : (
        <p>An admin makes it under Connections. Until then its calls are refused.</p>
      )}
    </Need>
  );
}
