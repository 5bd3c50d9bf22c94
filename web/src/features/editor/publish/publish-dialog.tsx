// Before a draft goes out: what changes, and what the check says of it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { SeverityIcon } from '@/shared/ui/badge';
import { ErrorNote, Skeleton } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { plural } from '@/shared/lib/format';
import { diffQuery, flowQuery, isMoved, publishDraft } from '../api';
import { nodeName } from '../edits';
import { useEditor } from '../editor-context';
import { sortProblems, whereIs } from '../problems';
import { triggerId } from '@/flow/graph';
import { DiffView } from './diff-view';
import { Words } from '@/shared/ui/words';
import { sentence } from '@/shared/api/client';

/** The draft is on the server first: that is what is compared and published. */
function useSaved() {
  const { draft } = useEditor();
  const [state, setState] = useState<{ done: boolean; error?: unknown }>({ done: false });
  useEffect(() => {
    let current = true;
    draft.saved().then(
      () => current && setState({ done: true }),
      (error: unknown) => current && setState({ done: false, error }),
    );
    return () => {
      current = false;
    };
  }, [draft]);
  return state;
}

export function PublishDialog({ onClose }: { onClose(): void }) {
  const { slug, state, draft, openPanel, setDock } = useEditor();
  const queries = useQueryClient();
  const saved = useSaved();
  const diff = useQuery({ ...diffQuery(slug), enabled: saved.done });
  const errors = state.problems.filter(({ severity }) => severity === 'error').length;
  const publish = useMutation({
    mutationFn: () => publishDraft(slug, draft.get().revision),
    onSuccess: (published) => {
      toast(published.new ? `Version ${published.version} is published.` : `The draft says what version ${published.version} says: that stays.`);
      void queries.invalidateQueries({ queryKey: flowQuery(slug).queryKey });
      void queries.invalidateQueries({ queryKey: ['flow', slug, 'versions'] });
      onClose();
    },
  });
  const open = (node: string) => {
    onClose();
    openPanel(node, { reveal: true, focus: true });
  };
  const first = diff.data && !diff.data.from;
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title="Publish this draft"
      description="Runs that begin from now on take it; those under way keep their version."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={publish.isPending} disabled={!diff.data || errors > 0} onClick={() => publish.mutate()}>
            Publish
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        {errors > 0 && (
          <p className="rounded-md bg-bad-soft px-3 py-2 text-bad">
            {plural(errors, 'error')} must be mended before this draft can be published.{' '}
            <button
              type="button"
              className="rounded font-medium underline"
              onClick={() => {
                onClose();
                setDock('problems');
              }}
            >
              Show all problems
            </button>
          </p>
        )}
        <Problems onOpen={open} />
        <ErrorNote error={saved.error ?? diff.error} />
        {!diff.data && !saved.error && !diff.error && <Skeleton rows={4} label="Comparing" />}
        {first && <p className="text-ink-2">This is the first version: all of it is new.</p>}
        {diff.data && !first && <DiffView diff={diff.data} onOpen={open} />}
        {diff.data && !first && diff.data.same && <p className="text-ink-3">Publishing makes no new version.</p>}
        {isMoved(publish.error) ? <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">Somebody changed the draft while you looked at it. Close this and look again.</p> : <ErrorNote error={publish.error} />}
      </div>
    </Dialog>
  );
}

function Problems({ onOpen }: { onOpen(node: string): void }) {
  const { doc, state } = useEditor();
  const problems = sortProblems(doc, state.problems);
  if (problems.length === 0) return null;
  return (
    <ul aria-label="Problems" className="flex max-h-48 flex-col gap-1.5 overflow-auto">
      {problems.map((problem, index) => {
        const { node } = whereIs(problem.at);
        const known = node !== null && (node === triggerId || node in doc.nodes);
        return (
          <li key={`${problem.at} ${problem.code} ${index}`} className="flex gap-2">
            <SeverityIcon severity={problem.severity} />
            <span className="min-w-0 break-words">
              {known && (
                <button type="button" className="mr-1 rounded font-medium hover:text-accent-text" onClick={() => onOpen(node)}>
                  {nodeName(doc, node)}:
                </button>
              )}
              <Words text={sentence(problem.message)} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
