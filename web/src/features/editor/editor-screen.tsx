// A flow on the canvas: its draft to edit, or an old version to look at.
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { useTitle } from '@/shared/lib/hooks';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { draftQuery, flowQuery } from './api';
import { EditorView } from './editor-view';
import { VersionView } from './version-view';

export function EditorScreen() {
  const { slug } = useParams({ strict: false }) as { slug: string };
  const { version } = useSearch({ strict: false }) as { version?: string };
  const flow = useQuery(flowQuery(slug));
  useTitle(flow.data?.name ?? slug);
  if (version !== undefined && /^\d+$/.test(version)) return <VersionView key={`${slug} ${version}`} slug={slug} version={Number(version)} />;
  return <OpenDraft key={slug} slug={slug} />;
}

function OpenDraft({ slug }: { slug: string }) {
  const opened = useQuery(draftQuery(slug));
  if (opened.isPending) {
    return (
      <div className="mx-auto w-full max-w-2xl p-8">
        <Skeleton label="Opening the flow" />
      </div>
    );
  }
  if (opened.isError) return <ErrorState error={opened.error} onRetry={() => void opened.refetch()} />;
  return <EditorView slug={slug} opened={opened.data} />;
}
