import { useState } from 'react';
import type { Role } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { Confirm, Dialog } from '@/shared/ui/dialog';
import { ErrorNote } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { changeMember, removeMember, useAct, type Member } from './api';
import { RoleChoice } from './roles';

export type MemberAct = 'role' | 'reset' | 'disable' | 'enable' | 'remove';

interface Props {
  asked: { act: MemberAct; member: Member } | null;
  onClose(): void;
  onPassword(email: string, password: string): void;
}

/** The question before each act on a member. */
export function MemberDialogs({ asked, onClose, onPassword }: Props) {
  if (!asked) return null;
  if (asked.act === 'role') return <RoleDialog member={asked.member} onClose={onClose} />;
  return <Question key={asked.act} act={asked.act} member={asked.member} onClose={onClose} onPassword={onPassword} />;
}

const questions: Record<Exclude<MemberAct, 'role'>, { title(name: string): string; text: string; action: string; done(name: string): string }> = {
  reset: { title: (name) => `Reset the password of ${name}?`, text: 'Their password stops working at once, all their sessions end, and you get a one-time password for them.', action: 'Reset password', done: () => '' },
  disable: { title: (name) => `Disable ${name}?`, text: 'They are logged out everywhere, and cannot log in until you enable them again.', action: 'Disable', done: (name) => `${name} is disabled.` },
  enable: { title: (name) => `Enable ${name}?`, text: 'They can log in again with the password they have.', action: 'Enable', done: (name) => `${name} is enabled.` },
  remove: { title: (name) => `Remove ${name}?`, text: 'They are logged out everywhere. Tokens that they made stay, and so does what they did in the audit log.', action: 'Remove', done: (name) => `${name} is removed.` },
};

function Question({ act, member, onClose, onPassword }: { act: Exclude<MemberAct, 'role'>; member: Member } & Omit<Props, 'asked'>) {
  const { title, text, action, done } = questions[act];
  const carry = useAct('members', async () => {
    if (act === 'remove') await removeMember(member.id);
    else if (act === 'reset') onPassword(member.email, (await changeMember(member.id, { resetPassword: true })).oneTimePassword ?? '');
    else await changeMember(member.id, { disabled: act === 'disable' });
    if (act !== 'reset') toast(done(member.name));
    onClose();
  });
  return (
    <Confirm open title={title(member.name)} action={action} danger={act !== 'enable'} onClose={onClose} onConfirm={() => carry.mutateAsync(undefined).catch(() => undefined)}>
      <div className="flex flex-col gap-3">
        <p>{text}</p>
        <ErrorNote error={carry.error} />
      </div>
    </Confirm>
  );
}

function RoleDialog({ member, onClose }: { member: Member; onClose(): void }) {
  const [role, setRole] = useState<Role>(member.role);
  const change = useAct(
    'members',
    () => changeMember(member.id, { role }),
    () => {
      toast(`${member.name} has the role ${role}.`);
      onClose();
    },
  );
  return (
    <Dialog open onClose={onClose} title={`Role of ${member.name}`} description="Changing it ends their sessions: they log in anew.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(undefined);
        }}
      >
        <RoleChoice value={role} onChange={setRole} />
        <ErrorNote error={change.error} />
        <div className="flex justify-end gap-2 pb-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={change.isPending} disabled={role === member.role}>
            Change role
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
