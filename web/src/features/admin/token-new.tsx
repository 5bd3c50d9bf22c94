import { useState } from 'react';
import { errorAt, isProblem, sentence, type Role } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { ErrorNote } from '@/shared/ui/states';
import { makeToken, useAct } from './api';
import { RoleChoice } from './roles';

const lifetimes = [
  { value: '7d', label: 'In 7 days' },
  { value: '30d', label: 'In 30 days' },
  { value: '90d', label: 'In 90 days' },
  { value: '365d', label: 'In a year' },
  { value: 'never', label: 'Never' },
];

interface Props {
  open: boolean;
  onClose(): void;
  onMade(text: string): void;
}

export function NewToken({ open, ...rest }: Props) {
  return (
    <Dialog open={open} onClose={rest.onClose} title="New token">
      <Form {...rest} />
    </Dialog>
  );
}

function Form({ onClose, onMade }: Omit<Props, 'open'>) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [expires, setExpires] = useState('90d');
  const make = useAct(
    'tokens',
    () => makeToken({ name: name.trim(), role, ...(expires === 'never' ? {} : { expires }) }),
    (made) => onMade(made.token),
  );
  const nameError = isProblem(make.error, 'token-name-taken') ? sentence(make.error.problem.detail) : errorAt(make.error, 'name');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate(undefined);
      }}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        {/* The dialog was opened to fill in this field. */}
        {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
        <TextField label="Name" required autoFocus value={name} placeholder="telephony" error={nameError} hint="The system that uses it." onChange={(event) => setName(event.target.value)} />
        <SelectField label="Expires" value={expires} options={lifetimes} onChange={setExpires} />
      </div>
      <RoleChoice value={role} onChange={setRole} />
      {!nameError && <ErrorNote error={make.error} />}
      <div className="flex justify-end gap-2 pb-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={make.isPending}>
          Make token
        </Button>
      </div>
    </form>
  );
}
