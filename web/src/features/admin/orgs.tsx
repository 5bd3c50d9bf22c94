import { Plus } from 'lucide-react';
import { useState } from 'react';
import { errorAt, isProblem, sentence } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/input';
import { Card } from '@/shared/ui/page';
import { ErrorNote } from '@/shared/ui/states';
import { makeOrg, useAct, useOrgs } from './api';
import { Paged } from './paged';
import { ShownOnce } from './shown-once';

interface Made {
  org: string;
  email: string;
  password: string;
}

/** The tenants of this server; only admins of the first one see them. */
export function Orgs() {
  const { list, items } = useOrgs();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  return (
    <Card
      title="Organisations"
      actions={
        <Button size="sm" icon={<Plus />} onClick={() => setMaking(true)}>
          New organisation
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="max-w-2xl text-ink-2">Tenants of this server. Each has flows, connections, members and runs of its own, which nobody else sees, you neither.</p>
        <Paged list={list} what="organisations" empty={items.length === 0} whenEmpty={null}>
          <ul aria-label="Organisations" className="flex flex-wrap gap-2">
            {items.map((org) => (
              <li key={org.name} className="rounded border border-line bg-sunken px-2 py-0.5 font-mono text-xs break-all">
                {org.name}
              </li>
            ))}
          </ul>
        </Paged>
      </div>
      <Dialog open={making} onClose={() => setMaking(false)} title="New organisation" description="Its first member is an admin, who adds the others.">
        <NewOrg
          onClose={() => setMaking(false)}
          onMade={(next) => {
            setMaking(false);
            setMade(next);
          }}
        />
      </Dialog>
      {made && (
        <ShownOnce title="One-time password" label="one-time password" text={made.password} onClose={() => setMade(null)}>
          <p className="text-sm break-words text-ink-2">
            Give it to {made.email}. At the login they choose “Log in to another organisation” and enter <b>{made.org}</b>.
          </p>
        </ShownOnce>
      )}
    </Card>
  );
}

function NewOrg({ onClose, onMade }: { onClose(): void; onMade(made: Made): void }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const make = useAct(
    'orgs',
    () => makeOrg({ name: name.trim(), member: { email: email.trim(), role: 'admin' } }),
    (made) => onMade({ org: made.name, email: email.trim(), password: (made.member as { oneTimePassword?: string } | null)?.oneTimePassword ?? '' }),
  );
  const nameError = isProblem(make.error, 'org-taken') ? sentence(make.error.problem.detail) : errorAt(make.error, 'name');
  const emailError = errorAt(make.error, 'member.email');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate(undefined);
      }}
    >
      {/* The dialog was opened to fill in this field. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <TextField label="Name" required autoFocus mono value={name} error={nameError} hint="Lower-case letters, digits and dashes. It never changes." onChange={(event) => setName(event.target.value)} />
      <TextField label="E-mail of its first member" type="email" required value={email} error={emailError} onChange={(event) => setEmail(event.target.value)} />
      {!nameError && !emailError && <ErrorNote error={make.error} />}
      <div className="flex justify-end gap-2 pb-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={make.isPending}>
          Make organisation
        </Button>
      </div>
    </form>
  );
}
