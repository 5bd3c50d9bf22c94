import { getRouteApi } from '@tanstack/react-router';
import { Activity, Pause, Play, Search } from 'lucide-react';
import { useState } from 'react';
import { eventCurl } from '@/flow/curl';
import { Button, IconButton } from '@/shared/ui/button';
import { CodeBlock } from '@/shared/ui/code';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote, ErrorState, Skeleton } from '@/shared/ui/states';
import { linesOf, useFlowChoices, useLiveRuns, useRuns, type Liveness } from './api';
import { FilterBar } from './filter-bar';
import { countFilters, readFilters, type RunFilters } from './filters';
import { RunsList } from './runs-list';

const route = getRouteApi('/inside/runs');

export function RunsScreen() {
  const filters = readFilters(route.useSearch());
  const navigate = route.useNavigate();
  const [paused, setPaused] = useState(false);
  const flows = useFlowChoices();
  const runs = useRuns(filters);
  const liveness = useLiveRuns(filters, paused);
  const setFilters = (next: RunFilters) => void navigate({ search: { ...next }, replace: true });
  return (
    <Page title="Runs" actions={<LiveSign liveness={liveness} paused={paused} closed={Boolean(filters.to)} onPause={setPaused} />}>
      <FilterBar filters={filters} flows={flows} onChange={setFilters} />
      <Body runs={runs} filtered={countFilters(filters) > 0} onClear={() => setFilters({})} />
    </Page>
  );
}

function Body({ runs, filtered, onClear }: { runs: ReturnType<typeof useRuns>; filtered: boolean; onClear(): void }) {
  const lines = linesOf(runs.data);
  if (runs.isPending) return <Skeleton rows={8} />;
  if (runs.isError && lines.length === 0) return <ErrorState error={runs.error} onRetry={() => void runs.refetch()} />;
  if (lines.length === 0 && !runs.hasNextPage) return filtered ? <NothingFits onClear={onClear} /> : <NoRuns />;
  return (
    <div className="flex flex-col gap-3" aria-busy={runs.isPlaceholderData}>
      {runs.isError && <ErrorNote error={runs.error} />}
      {lines.length > 0 ? <RunsList lines={lines} /> : <p className="py-6 text-center text-ink-2">Nothing found so far.</p>}
      {runs.hasNextPage && (
        <Button className="self-center" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          {lines.length > 0 ? 'Load more' : 'Search further back'}
        </Button>
      )}
    </div>
  );
}

const signs: Record<Liveness, { text: string; dot: string }> = {
  live: { text: 'Live', dot: 'bg-ok' },
  polling: { text: 'Every 5 s', dot: 'bg-warn' },
  paused: { text: 'Paused', dot: 'bg-line-strong' },
};

function LiveSign({ liveness, paused, closed, onPause }: { liveness: Liveness; paused: boolean; closed: boolean; onPause(paused: boolean): void }) {
  if (closed) return null;
  const { text, dot } = signs[liveness];
  return (
    <div className="flex items-center gap-1">
      <span role="status" className="inline-flex items-center gap-1.5 text-xs text-ink-2">
        <span aria-hidden className={`size-2 rounded-full ${dot}`} />
        {text}
      </span>
      <IconButton label={paused ? 'Go on live' : 'Pause'} size="sm" icon={paused ? <Play /> : <Pause />} onClick={() => onPause(!paused)} />
    </div>
  );
}

function NothingFits({ onClear }: { onClear(): void }) {
  return (
    <EmptyState icon={<Search />} title="No run fits these filters" actions={<Button onClick={onClear}>Clear the filters</Button>}>
      Take one of them away, or look further back.
    </EmptyState>
  );
}

function NoRuns() {
  return (
    <div className="mx-auto flex w-full max-w-2xl flex-col pb-8">
      <EmptyState icon={<Activity />} title="No runs yet">
        A run begins when an event comes that a published flow takes. Send one from your application, or from a terminal:
      </EmptyState>
      <CodeBlock label="the command" text={eventCurl({ name: 'call.connected', from: '+442079460018', agent: 'agent-7' })} />
    </div>
  );
}
