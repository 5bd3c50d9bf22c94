import { Page } from '@/shared/ui/page';

export function ConnectionsScreen() {
  return <Page title="Connections">{null}</Page>;
}
