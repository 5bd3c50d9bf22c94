import { Page } from '@/shared/ui/page';

export function RunScreen() {
  return <Page title="Run">{null}</Page>;
}
