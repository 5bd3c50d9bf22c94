import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { isProblem, type Found } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { CopyButton } from '@/shared/ui/copy';
import { Dialog } from '@/shared/ui/dialog';
import { Refusal } from '@/shared/ui/problem-list';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { draftTextQuery, writeDraft } from './api';
import { LazySourceEditor } from './lazy-source-editor';

interface TextDialogProps {
  slug: string;
  readOnly: boolean;
  onClose(): void;
  /** The text is the draft now, with what the check says of it. */
  onWritten(problems: Found[]): void | Promise<void>;
}

/** JSON on one line is laid out anew; anything else is as its author wrote it. */
function laidOut(text: string): string {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The whole draft as text: to copy, to change, to replace. */
export function TextDialog({ slug, readOnly, onClose, onWritten }: TextDialogProps) {
  const stored = useQuery(draftTextQuery(slug));
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const first = stored.data ? laidOut(stored.data.text) : '';
  const shown = text ?? first;
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const { problems } = await writeDraft(slug, shown, stored.data!.revision);
      await onWritten(problems);
      onClose();
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  const takeTheirs = () => {
    setText(null);
    setError(null);
    void stored.refetch();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="xl"
      title={readOnly ? 'The draft as text' : 'Edit as text'}
      description={readOnly ? undefined : 'YAML or JSON. Comments in YAML stay until the draft is saved from the forms, which write JSON.'}
      footer={
        <>
          <Button onClick={onClose}>{readOnly ? 'Close' : 'Cancel'}</Button>
          {!readOnly && (
            <Button look="primary" busy={busy} disabled={!stored.data || shown === first} onClick={() => void save()}>
              Save draft
            </Button>
          )}
        </>
      }
    >
      {stored.isPending ? (
        <Skeleton label="Loading the draft" />
      ) : stored.isError ? (
        <ErrorState error={stored.error} onRetry={() => void stored.refetch()} />
      ) : (
        <div className="flex flex-col gap-2 pb-2">
          <span className="self-end">
            <CopyButton text={shown} label="Copy the document" />
          </span>
          <LazySourceEditor label="The draft" value={shown} onChange={setText} readOnly={readOnly} language={shown.trimStart().startsWith('{') ? 'json' : 'plain'} height={{ min: '12rem', max: '60vh' }} />
          <Refusal error={error} />
          {isProblem(error, 'revision-differs') && (
            <Button className="self-start" onClick={takeTheirs}>
              Load what is there now, and lose these changes
            </Button>
          )}
        </div>
      )}
    </Dialog>
  );
}
