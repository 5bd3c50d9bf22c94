import { useState } from 'react';
import { errorAt, isProblem, sentence, type Role } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/input';
import { ErrorNote } from '@/shared/ui/states';
import { addMember, useAct } from './api';
import { RoleChoice } from './roles';

interface Props {
  open: boolean;
  onClose(): void;
  /** The member is made, with a password to begin with. */
  onMade(email: string, password: string): void;
}

export function AddMember({ open, onClose, onMade }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title="Add member" description="You get a one-time password to pass on; no mail is sent.">
      <Form onClose={onClose} onMade={onMade} />
    </Dialog>
  );
}

function Form({ onClose, onMade }: Omit<Props, 'open'>) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('editor');
  const add = useAct(
    'members',
    () => addMember({ email: email.trim(), name: name.trim() || undefined, role }),
    (made) => onMade(made.email, made.oneTimePassword ?? ''),
  );
  const emailError = isProblem(add.error, 'member-taken') ? sentence(add.error.problem.detail) : errorAt(add.error, 'email');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(undefined);
      }}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        {/* The dialog was opened to fill in this field. */}
        {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
        <TextField label="E-mail" type="email" required autoFocus value={email} error={emailError} onChange={(event) => setEmail(event.target.value)} />
        <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} />
      </div>
      <RoleChoice value={role} onChange={setRole} />
      {!emailError && <ErrorNote error={add.error} />}
      <div className="flex justify-end gap-2 pb-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending}>
          Add member
        </Button>
      </div>
    </form>
  );
}
