import { Page } from '@/shared/ui/page';

export function FlowsScreen() {
  return <Page title="Flows">{null}</Page>;
}
