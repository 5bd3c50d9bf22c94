import { Page } from '@/shared/ui/page';

export function RunsScreen() {
  return <Page title="Runs">{null}</Page>;
}
