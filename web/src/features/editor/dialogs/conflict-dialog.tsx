// Somebody else wrote the draft while this one was edited: the person sees what differs, and chooses.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { ErrorNote, Skeleton } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { checkDoc, readDraft } from '../api';
import { differences } from '../draft/differences';
import { useEditor } from '../editor-context';

export function ConflictDialog() {
  const { slug, draft, doc } = useEditor();
  const [later, setLater] = useState(false);
  const theirs = useQuery({ queryKey: ['flow', slug, 'theirs', draft.get().revision], queryFn: () => readDraft(slug), staleTime: 0, gcTime: 0 });
  const take = () => {
    if (!theirs.data) return;
    draft.takeTheirs(theirs.data, 'take their draft');
    toast('Their draft is shown now.', { action: { label: 'Bring mine back', run: () => draft.undo() } });
    const { revision } = theirs.data;
    checkDoc(theirs.data.doc).then(
      (problems) => draft.get().revision === revision && draft.setProblems(problems),
      () => undefined,
    );
  };
  const keep = () => {
    if (theirs.data) void draft.keepMine(theirs.data);
  };
  if (later) {
    return (
      <div role="alert" className="fixed bottom-4 left-1/2 z-40 flex -translate-x-1/2 items-center gap-3 rounded-lg border border-line bg-surface py-2 pr-2 pl-3 shadow-pop">
        Your edits are not saved: somebody else changed the draft.
        <Button size="sm" look="primary" onClick={() => setLater(false)}>
          Choose
        </Button>
      </div>
    );
  }
  return (
    <Dialog
      open
      onClose={() => setLater(true)}
      title="Somebody else changed this draft"
      description="Your last edits are not saved. Choose which draft goes on; the other can be brought back with undo."
      footer={
        <>
          <Button onClick={() => setLater(true)}>Decide later</Button>
          <Button disabled={!theirs.data} onClick={keep}>
            Keep mine
          </Button>
          <Button look="primary" disabled={!theirs.data} onClick={take}>
            Take theirs
          </Button>
        </>
      }
    >
      {theirs.isPending && <Skeleton rows={3} />}
      <ErrorNote error={theirs.error} />
      {theirs.data && <Differing mine={doc} theirs={theirs.data.doc} />}
    </Dialog>
  );
}

function Differing({ mine, theirs }: { mine: Parameters<typeof differences>[0]; theirs: Parameters<typeof differences>[0] }) {
  const { first, second, both, fields } = differences(mine, theirs);
  const rows: [string, string[]][] = [
    ['Only in mine', first],
    ['Only in theirs', second],
    ['Differ', both],
    ['Of the flow itself', fields],
  ];
  const said = rows.filter(([, names]) => names.length > 0);
  if (said.length === 0) return <p className="text-ink-2">The two say the same.</p>;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
      {said.map(([label, names]) => (
        <div key={label} className="contents">
          <dt className="text-ink-3">{label}</dt>
          <dd className="break-words">{names.join(', ')}</dd>
        </div>
      ))}
    </dl>
  );
}
