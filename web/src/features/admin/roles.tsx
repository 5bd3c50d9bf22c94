import type { Role } from '@/shared/api/client';
import { Choices } from '@/shared/ui/choices';

const roles: { value: Role; label: string; description: string }[] = [
  { value: 'viewer', label: 'Viewer', description: 'Looks at flows, runs, integrations and connections.' },
  { value: 'operator', label: 'Operator', description: 'Also sends events, and runs, cancels and re-runs flows.' },
  { value: 'editor', label: 'Editor', description: 'Also drafts, tests and publishes flows and integrations.' },
  { value: 'admin', label: 'Admin', description: 'Also keeps connections, members, tokens, settings and the audit log.' },
];

export function RoleChoice({ value, onChange }: { value: Role; onChange(role: Role): void }) {
  return <Choices label="Role" value={value} options={roles} onChange={(role) => onChange(role as Role)} />;
}

export const roleLabel = (role: Role): string => roles.find((each) => each.value === role)?.label ?? role;
