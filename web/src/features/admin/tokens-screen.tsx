import { Page } from '@/shared/ui/page';

export function TokensScreen() {
  return <Page title="Tokens">{null}</Page>;
}
