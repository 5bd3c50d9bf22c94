// The versions that were published, to look at.
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { formatAgo, formatTime } from '@/shared/lib/format';
import { versionsQuery } from '../api';
import { useEditor } from '../editor-context';

export function VersionsDialog({ onClose }: { onClose(): void }) {
  const { slug } = useEditor();
  const versions = useInfiniteQuery(versionsQuery(slug));
  const items = versions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Dialog open onClose={onClose} title="Versions" description="Each as it was published. Runs keep the version that they began with.">
      {versions.isPending && <Skeleton />}
      {versions.isError && <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />}
      {versions.isSuccess && items.length === 0 && <EmptyState title="Not published yet">Publish the draft to make the first version.</EmptyState>}
      <ul className="pb-3">
        {items.map((item) => (
          <li key={item.version}>
            <Link to="/flows/$slug" params={{ slug }} search={{ version: String(item.version) }} onClick={onClose} className="flex items-baseline gap-3 rounded-md px-2 py-2 hover:bg-hover">
              <span className="font-medium">Version {item.version}</span>
              <span className="min-w-0 flex-1 truncate text-ink-2" title={item.publishedBy}>
                {item.publishedBy}
              </span>
              <time dateTime={item.publishedAt} title={formatTime(item.publishedAt)} className="shrink-0 text-xs text-ink-3">
                {formatAgo(item.publishedAt)}
              </time>
            </Link>
          </li>
        ))}
      </ul>
      {versions.hasNextPage && (
        <Button className="mb-3" busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Dialog>
  );
}
