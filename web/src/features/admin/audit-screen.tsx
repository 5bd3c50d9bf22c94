import { Page } from '@/shared/ui/page';

export function AuditScreen() {
  return <Page title="Audit">{null}</Page>;
}
