import { Page } from '@/shared/ui/page';

export function CallbackScreen() {
  return <Page title="Authorised">{null}</Page>;
}
