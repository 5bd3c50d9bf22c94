import { ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '@/shared/api/session';
import { Page } from '@/shared/ui/page';
import { EmptyState } from '@/shared/ui/states';

/** What admins see; everyone else, who got here by its address, is told. */
export function AdminOnly({ title, children }: { title: string; children: ReactNode }) {
  if (useMay('admin')) return children;
  return (
    <Page title={title}>
      <EmptyState icon={<ShieldAlert aria-hidden />} title="Only admins see this">
        Ask an admin, who can also change your role under Members.
      </EmptyState>
    </Page>
  );
}
