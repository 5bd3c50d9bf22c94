import { Page } from '@/shared/ui/page';

export function ConnectionScreen() {
  return <Page title="Connection">{null}</Page>;
}
