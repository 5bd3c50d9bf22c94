import { Ban, CircleCheck, Ellipsis, KeyRound, RotateCcwKey, Trash2, UserCog } from 'lucide-react';
import { formatAgo, formatTime } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { Badge } from '@/shared/ui/badge';
import { IconButton } from '@/shared/ui/button';
import { Menu } from '@/shared/ui/menu';
import { Table, type Column } from '@/shared/ui/table';
import type { Member } from './api';
import type { MemberAct } from './member-dialogs';
import { roleLabel } from './roles';

interface Props {
  members: Member[];
  /** Who looks at the list. */
  own: string;
  onAct(act: MemberAct, member: Member): void;
}

export function MemberTable({ members, own, onAct }: Props) {
  const now = useNow();
  const columns: Column<Member>[] = [
    { key: 'member', header: 'Member', cell: (member) => <Person member={member} own={member.id === own} /> },
    { key: 'role', header: 'Role', cell: (member) => roleLabel(member.role) },
    { key: 'state', header: 'State', from: 'md', cell: (member) => <State member={member} /> },
    { key: 'login', header: 'Last login', from: 'md', cell: (member) => <Login member={member} now={now} /> },
    { key: 'menu', header: 'Acts', hideHeader: true, align: 'right', className: 'w-10 pl-0', cell: (member) => <Acts member={member} onAct={(act) => onAct(act, member)} /> },
  ];
  return <Table label="Members" columns={columns} rows={members} rowKey={(member) => member.id} />;
}

function Person({ member, own }: { member: Member; own: boolean }) {
  return (
    <div className="flex flex-col gap-0.5">
      <span className="font-medium wrap-anywhere">
        {member.name}
        {own && <span className="font-normal text-ink-3"> (you)</span>}
      </span>
      <span className="text-xs wrap-anywhere text-ink-2">{member.email}</span>
      <span className="md:hidden">
        <State member={member} />
      </span>
    </div>
  );
}

function State({ member }: { member: Member }) {
  if (member.disabled) return <Badge icon={<Ban aria-hidden />}>Disabled</Badge>;
  if (member.passwordDue) {
    return (
      <Badge tone="warn" icon={<KeyRound aria-hidden />}>
        Password to be set
      </Badge>
    );
  }
  return (
    <Badge tone="ok" icon={<CircleCheck aria-hidden />}>
      Active
    </Badge>
  );
}

function Login({ member, now }: { member: Member; now: number }) {
  if (!member.lastLoginAt) return <span className="text-ink-3">Never</span>;
  return <span title={formatTime(member.lastLoginAt)}>{formatAgo(member.lastLoginAt, now)}</span>;
}

function Acts({ member, onAct }: { member: Member; onAct(act: MemberAct): void }) {
  return (
    <Menu
      label={`Acts on ${member.name}`}
      trigger={<IconButton label={`More: ${member.name}`} size="sm" icon={<Ellipsis />} />}
      items={[
        { label: 'Change role…', icon: <UserCog />, onSelect: () => onAct('role') },
        { label: 'Reset password…', icon: <RotateCcwKey />, onSelect: () => onAct('reset') },
        member.disabled ? { label: 'Enable', icon: <CircleCheck />, onSelect: () => onAct('enable') } : { label: 'Disable…', icon: <Ban />, onSelect: () => onAct('disable') },
        null,
        { label: 'Remove…', icon: <Trash2 />, danger: true, onSelect: () => onAct('remove') },
      ]}
    />
  );
}
