import { Page } from '@/shared/ui/page';

export function IntegrationsScreen() {
  return <Page title="Integrations">{null}</Page>;
}
