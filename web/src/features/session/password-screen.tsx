import { Page } from '@/shared/ui/page';

export function PasswordScreen() {
  return <Page title="Password">{null}</Page>;
}
