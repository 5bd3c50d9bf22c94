import { Page } from '@/shared/ui/page';

export function SetupScreen() {
  return <Page title="Set up">{null}</Page>;
}
