import { Page } from '@/shared/ui/page';

export function MembersScreen() {
  return <Page title="Members">{null}</Page>;
}
