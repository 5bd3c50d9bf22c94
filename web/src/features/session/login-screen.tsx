import { Page } from '@/shared/ui/page';

export function LoginScreen() {
  return <Page title="Log in">{null}</Page>;
}
