import { Page } from '@/shared/ui/page';

export function EditorScreen() {
  return <Page title="Flow">{null}</Page>;
}
