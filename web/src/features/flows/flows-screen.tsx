import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus, Search, SearchX, Workflow } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useMay } from '@/shared/api/session';
import { useDebounced } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { flowsQuery, type FlowLine } from './api';
import { CreateDialog, type Origin } from './create-dialog';
import { FlowTable } from './flow-table';
import { DuplicateDialog, RenameDialog } from './name-dialogs';
import { StartChoices } from './start-choices';

type Asked = { act: 'rename' | 'duplicate'; flow: FlowLine } | null;

export function FlowsScreen() {
  const navigate = useNavigate();
  const mayEdit = useMay('editor');
  const [search, setSearch] = useSearchText();
  const settled = useDebounced(search.trim(), 200);
  const list = useInfiniteQuery({ ...flowsQuery(settled), placeholderData: keepPreviousData });
  const [origin, setOrigin] = useState<Origin | null>(null);
  const [asked, ask] = useState<Asked>(null);
  const flows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const none = list.isSuccess && !list.isPlaceholderData && flows.length === 0;
  const first = none && settled === '' && search.trim() === '';
  const taken = new Set(flows.map((flow) => flow.slug));
  const open = (slug: string, node?: string) => void navigate({ to: '/flows/$slug', params: { slug }, search: { node } });

  return (
    <Page
      title="Flows"
      actions={
        mayEdit &&
        !first && (
          <Button look="primary" icon={<Plus />} onClick={() => setOrigin('blank')}>
            New flow
          </Button>
        )
      }
    >
      {!first && (
        <div className="relative max-w-sm">
          <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
          <Input type="search" aria-label="Search flows" placeholder="Search by name or slug" className="pl-8" value={search} onChange={(event) => setSearch(event.target.value)} />
        </div>
      )}
      {list.isPending && <Skeleton rows={8} label="Loading the flows" />}
      {list.isError && !list.data && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {first && (mayEdit ? <StartChoices onChoose={setOrigin} /> : <NothingYet />)}
      {none && !first && (
        <EmptyState icon={<SearchX aria-hidden />} title="No flow fits" actions={<Button onClick={() => setSearch('')}>Show all flows</Button>}>
          No name or slug has “{settled}” in it.
        </EmptyState>
      )}
      {flows.length > 0 && <FlowTable flows={flows} onRename={(flow) => ask({ act: 'rename', flow })} onDuplicate={(flow) => ask({ act: 'duplicate', flow })} />}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more flows
        </Button>
      )}
      <CreateDialog origin={origin} onOrigin={setOrigin} taken={taken} onDone={open} onClose={() => setOrigin(null)} />
      {asked?.act === 'rename' && <RenameDialog flow={asked.flow} onClose={() => ask(null)} />}
      {asked?.act === 'duplicate' && <DuplicateDialog flow={asked.flow} taken={taken} onDone={open} onClose={() => ask(null)} />}
    </Page>
  );
}

function NothingYet() {
  return (
    <EmptyState icon={<Workflow aria-hidden />} title="No flows yet">
      An editor makes the first one. You will see it here, with its runs.
    </EmptyState>
  );
}

/** The search as typed; the address follows, so that it can be shared and comes back. */
function useSearchText() {
  const { q } = useSearch({ strict: false });
  const navigate = useNavigate();
  const [text, setText] = useState(q ?? '');
  const settled = useDebounced(text.trim(), 200);
  useEffect(() => {
    if (settled !== (q ?? '')) void navigate({ to: '/flows', search: settled ? { q: settled } : {}, replace: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the typing leads, the address follows
  }, [settled]);
  useEffect(() => {
    if ((q ?? '') !== settled) setText(q ?? '');
    // eslint-disable-next-line react-hooks/exhaustive-deps -- where the address itself was changed, by a link or by going back, it leads
  }, [q]);
  return [text, setText] as const;
}
