import { useState } from 'react';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { toastError } from '@/shared/ui/toast';
import type { DraftState } from './use-draft';

/** Someone else wrote the draft meanwhile: nothing is overwritten in silence. */
export function OvertakenDialog({ draft }: { draft: DraftState }) {
  const [put, setPut] = useState<unknown>(null);
  const open = draft.overtaken && put !== draft.error;
  const act = (way: () => Promise<void>) => void way().catch(toastError);
  return (
    <Dialog
      open={open}
      onClose={() => setPut(draft.error)}
      title="Someone else changed this draft"
      footer={
        <>
          <Button onClick={() => setPut(draft.error)}>Go on editing</Button>
          <Button onClick={() => act(draft.reload)}>Take theirs</Button>
          <Button look="danger" busy={draft.saving} onClick={() => act(draft.overwrite)}>
            Save mine over theirs
          </Button>
        </>
      }
    >
      <p className="text-ink-2">It was written after you opened it. Take theirs and lose what you changed, or save yours over theirs.</p>
    </Dialog>
  );
}
