import { ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '@/shared/api/session';
import { EmptyState } from '@/shared/ui/states';

/** What admins see; everyone else, who got here by its address, is told. */
export function AdminOnly({ children }: { children: ReactNode }) {
  if (useMay('admin')) return children;
  return (
    <EmptyState icon={<ShieldAlert aria-hidden />} title="Only admins see this">
      Ask an admin, who can also change your role under Members.
    </EmptyState>
  );
}
