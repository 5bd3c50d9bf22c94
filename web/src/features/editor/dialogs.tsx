// The dialogs of the editor: the one that is open.
import { lazy, Suspense } from 'react';
import { ConflictDialog } from './dialogs/conflict-dialog';
import { ConnectDialog } from './dialogs/connect-dialog';
import { RenameDialog } from './dialogs/rename-dialog';
import { useEditor } from './editor-context';

const PublishDialog = lazy(() => import('./publish/publish-dialog').then((module) => ({ default: module.PublishDialog })));
const VersionsDialog = lazy(() => import('./publish/versions-dialog').then((module) => ({ default: module.VersionsDialog })));
const SettingsDialog = lazy(() => import('./dialogs/settings-dialog').then((module) => ({ default: module.SettingsDialog })));
const ShortcutsDialog = lazy(() => import('./dialogs/shortcuts-dialog').then((module) => ({ default: module.ShortcutsDialog })));

export function DialogsOf() {
  const { dialog, state, openDialog } = useEditor();
  const close = () => openDialog(null);
  return (
    <Suspense fallback={null}>
      {dialog === 'connect' && <ConnectDialog onClose={close} />}
      {dialog === 'rename' && <RenameDialog onClose={close} />}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      {dialog === 'settings' && <SettingsDialog onClose={close} />}
      {dialog === 'publish' && <PublishDialog onClose={close} />}
      {dialog === 'versions' && <VersionsDialog onClose={close} />}
      {state.save.at === 'conflict' && <ConflictDialog />}
    </Suspense>
  );
}
