// A published version on the canvas, to look at, and to bring back as the draft.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, GitCompare, History as HistoryIcon } from 'lucide-react';
import { useRef, useState } from 'react';
import { FlowGraph, triggerId, type GraphHandle } from '@/flow/graph';
import { useMay } from '@/shared/api/session';
import { useTitle } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';
import { CodeBlock } from '@/shared/ui/code';
import { Confirm, Dialog, Sheet } from '@/shared/ui/dialog';
import { ErrorNote, ErrorState, Skeleton } from '@/shared/ui/states';
import { toast, toastError } from '@/shared/ui/toast';
import { diffQuery, readDraft, versionQuery, writeDraft } from './api';
import { DiffView } from './publish/diff-view';

export function VersionView({ slug, version }: { slug: string; version: number }) {
  const doc = useQuery(versionQuery(slug, version));
  useTitle(`${slug}, version ${version}`);
  const graph = useRef<GraphHandle>(null);
  const mayEdit = useMay('editor');
  const [selection, select] = useState<string[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const [dialog, setDialog] = useState<'restore' | 'diff' | null>(null);
  if (doc.isPending) return <div className="mx-auto w-full max-w-2xl p-8"><Skeleton label="Opening the version" /></div>;
  if (doc.isError) return <ErrorState error={doc.error} onRetry={() => void doc.refetch()} />;
  const shown = open === triggerId ? doc.data.trigger : open === null ? null : doc.data.nodes[open];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-2 border-b bg-surface px-3 py-1.5">
        <Link to="/flows/$slug" params={{ slug }} search={{}} className="flex items-center gap-1.5 rounded text-ink-2 hover:text-ink">
          <ArrowLeft aria-hidden className="size-4" />
          Back to the draft
        </Link>
        <h1 className="min-w-0 truncate px-2 text-base font-semibold">
          {doc.data.name || slug}, version {version}
        </h1>
        <span className="text-xs text-ink-3">Read only</span>
        <div className="ml-auto flex flex-wrap gap-2">
          <Button icon={<GitCompare />} onClick={() => setDialog('diff')}>
            Compare with the draft
          </Button>
          {mayEdit && (
            <Button icon={<HistoryIcon />} onClick={() => setDialog('restore')}>
              Restore as draft
            </Button>
          )}
        </div>
      </header>
      <div className="min-h-0 flex-1">
        <FlowGraph handle={graph} doc={doc.data} readOnly label={`Version ${version}`} selection={selection} onSelect={select} onOpen={setOpen} />
      </div>
      <Sheet
        open={shown !== null && shown !== undefined}
        onClose={() => {
          setOpen(null);
          if (open !== null) graph.current?.focus(open);
        }}
        title={open === triggerId ? 'Trigger' : (doc.data.nodes[open ?? '']?.name ?? open ?? '')}
      >
        <CodeBlock label="the node as JSON" text={JSON.stringify(shown, null, 2)} maxHeight="none" />
      </Sheet>
      {dialog === 'diff' && <CompareDialog slug={slug} version={version} onClose={() => setDialog(null)} />}
      <RestoreQuestion slug={slug} version={version} open={dialog === 'restore'} onClose={() => setDialog(null)} />
    </div>
  );
}

function CompareDialog({ slug, version, onClose }: { slug: string; version: number; onClose(): void }) {
  const diff = useQuery(diffQuery(slug, String(version), 'draft'));
  return (
    <Dialog open onClose={onClose} size="lg" title={`From version ${version} to the draft`}>
      <div className="pb-4">
        {diff.isPending && <Skeleton label="Comparing" />}
        <ErrorNote error={diff.error} />
        {diff.data && <DiffView diff={diff.data} />}
      </div>
    </Dialog>
  );
}

function RestoreQuestion({ slug, version, open, onClose }: { slug: string; version: number; open: boolean; onClose(): void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const restore = async () => {
    try {
      const [doc, draft] = await Promise.all([queries.fetchQuery(versionQuery(slug, version)), readDraft(slug)]);
      await writeDraft(slug, doc, draft.revision);
      await queries.invalidateQueries({ queryKey: ['flow', slug] });
      toast(`The draft is as version ${version} was.`, {
        action: {
          label: 'Undo',
          run: () => void writeDraft(slug, draft.doc, draft.revision + 1).then(() => toast('The draft is as before.'), toastError),
        },
      });
      await navigate({ to: '/flows/$slug', params: { slug }, search: {} });
    } catch (error) {
      toastError(error);
    } finally {
      onClose();
    }
  };
  return (
    <Confirm open={open} onClose={onClose} onConfirm={restore} title={`Restore version ${version} as the draft?`} action="Restore">
      The draft is written over with it. What is published stays until you publish.
    </Confirm>
  );
}
