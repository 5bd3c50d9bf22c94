// Another id for a node.
import { useState } from 'react';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/input';
import { plural } from '@/shared/lib/format';
import { readsOfStep } from '../edits';
import { useEditor } from '../editor-context';

export function RenameDialog({ onClose }: { onClose(): void }) {
  const { doc, selection, acts } = useEditor();
  const id = selection[0]!;
  const [to, setTo] = useState(id);
  const taken = to !== id && to in doc.nodes;
  const reads = readsOfStep(doc, id);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (!to || taken) return;
    if (to !== id) acts.rename(id, to);
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title="Change the id"
      description="Runs and counts of the past keep the former id. What leads to the node goes along."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="rename" disabled={!to || taken}>
            Change the id
          </Button>
        </>
      }
    >
      <form id="rename" onSubmit={submit}>
        <TextField label="Id" mono value={to} onChange={(event) => setTo(event.target.value.trim())} error={taken ? 'Another node has this id.' : undefined} />
        {reads > 0 && (
          <p className="mt-2 text-xs text-warn">
            {plural(reads, 'place')} read <code className="font-mono">steps.{id}</code>: change {reads === 1 ? 'it' : 'them'} too.
          </p>
        )}
      </form>
    </Dialog>
  );
}
