import { UserPlus, Users } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '@/shared/api/session';
import { Button } from '@/shared/ui/button';
import { Page } from '@/shared/ui/page';
import { EmptyState } from '@/shared/ui/states';
import { AdminOnly } from './admin-only';
import { useMembers, type Member } from './api';
import { AddMember } from './member-add';
import { MemberDialogs, type MemberAct } from './member-dialogs';
import { MemberTable } from './member-table';
import { Paged } from './paged';
import { ShownOnce } from './shown-once';

export function MembersScreen() {
  return (
    <AdminOnly title="Members">
      <Members />
    </AdminOnly>
  );
}

function Members() {
  const session = useSession();
  const { list, items } = useMembers();
  const [adding, setAdding] = useState(false);
  const [asked, ask] = useState<{ act: MemberAct; member: Member } | null>(null);
  const [made, setMade] = useState<{ email: string; password: string } | null>(null);
  return (
    <Page
      title="Members"
      description="The people who log in here, and what each may do."
      actions={
        <Button look="primary" icon={<UserPlus />} onClick={() => setAdding(true)}>
          Add member
        </Button>
      }
    >
      <Paged list={list} what="members" empty={items.length === 0} whenEmpty={<NoMembers />}>
        <MemberTable members={items} own={session.id} onAct={(act, member) => ask({ act, member })} />
      </Paged>
      <AddMember
        open={adding}
        onClose={() => setAdding(false)}
        onMade={(email, password) => {
          setAdding(false);
          setMade({ email, password });
        }}
      />
      <MemberDialogs asked={asked} onClose={() => ask(null)} onPassword={(email, password) => setMade({ email, password })} />
      {made && (
        <ShownOnce title="One-time password" label="one-time password" text={made.password} onClose={() => setMade(null)}>
          <p className="text-sm break-words text-ink-2">
            Give it to {made.email}. It serves for one login within seven days, and that login asks for a password of their own.
          </p>
        </ShownOnce>
      )}
    </Page>
  );
}

function NoMembers() {
  return (
    <EmptyState icon={<Users aria-hidden />} title="Nobody yet">
      Only tokens are in use here so far. Add the first member.
    </EmptyState>
  );
}
