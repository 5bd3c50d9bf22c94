import { Page } from '@/shared/ui/page';

export function IntegrationScreen() {
  return <Page title="Integration">{null}</Page>;
}
