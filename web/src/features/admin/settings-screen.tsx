import { Page } from '@/shared/ui/page';

export function SettingsScreen() {
  return <Page title="Settings">{null}</Page>;
}
