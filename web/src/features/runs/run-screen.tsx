import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { StepDetail } from '@/flow/record/step-detail';
import type { RunRecord } from '@/flow/record/types';
import { useNarrow, useTitle } from '@/shared/lib/hooks';
import { Sheet } from '@/shared/ui/dialog';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { Tabs } from '@/shared/ui/tabs';
import { Overview } from './overview';
import { useRun, useVersion } from './run-api';
import { RunHeader } from './run-header';
import { StepList } from './step-list';

const RunPath = lazy(() => import('./run-path'));
const route = getRouteApi('/inside/runs/$id');

export function RunScreen() {
  const { id } = route.useParams();
  const { run, live } = useRun(id);
  useTitle(run.data ? `Run of ${run.data.flow}` : 'Run');
  if (run.data) return <Opened record={run.data} live={live} />;
  return <div className="mx-auto w-full max-w-6xl p-6">{run.isError ? <ErrorState error={run.error} onRetry={() => void run.refetch()} /> : <Skeleton rows={8} />}</div>;
}

/** The chosen step stands in the page's address, from 1. */
function useChosen(record: RunRecord) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const number = Number(search.step);
  const index = Number.isInteger(number) && number >= 1 && number <= record.steps.length ? number - 1 : null;
  const choose = (next: number | null) => void navigate({ search: next === null ? {} : { step: String(next + 1) }, replace: true });
  /** The last visit of a node; of the chosen node itself the one before, round and round. */
  const chooseNode = (node: string | null) => {
    if (node === null) return choose(null);
    const visits = record.steps.flatMap((step, at) => (step.node === node ? [at] : []));
    if (visits.length === 0 || (index !== null && record.steps[index]?.node === node)) return;
    choose(visits.at(-1)!);
  };
  return { index, choose, chooseNode };
}

function Opened({ record, live }: { record: RunRecord; live: boolean }) {
  const narrow = useNarrow();
  const chosen = useChosen(record);
  const shared = { record, ...chosen };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <RunHeader record={record} live={live} />
      {narrow ? <NarrowView {...shared} /> : <WideView {...shared} />}
    </div>
  );
}

interface ViewProps {
  record: RunRecord;
  index: number | null;
  choose(index: number | null): void;
  chooseNode(node: string | null): void;
}

function WideView(props: ViewProps) {
  return (
    <div className="flex min-h-0 flex-1">
      <aside aria-label="Steps" className="w-80 shrink-0 overflow-auto border-r bg-surface p-2">
        <StepList record={props.record} index={props.index} onChoose={props.choose} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="h-[38%] min-h-52 shrink-0 border-b">
          <PathView {...props} />
        </div>
        {/* A box that scrolls must be reachable with keys. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div role="region" aria-label="The chosen step" tabIndex={0} className="min-h-0 flex-1 overflow-auto p-5 focus-visible:-outline-offset-2">
          <Chosen {...props} />
        </div>
      </div>
    </div>
  );
}

/** On a phone the steps come first, the canvas is behind a tab, and a step opens over them. */
function NarrowView(props: ViewProps) {
  const { record, index, choose } = props;
  const [whole, openWhole] = useState(false);
  const close = () => {
    openWhole(false);
    choose(null);
  };
  return (
    <div className="flex flex-1 flex-col px-3 pt-2 pb-6">
      <Tabs
        label="The run as"
        tabs={[
          { value: 'steps', label: 'Steps', content: <StepList record={record} index={index ?? undefined} onChoose={(next) => (next === null ? openWhole(true) : choose(next))} /> },
          {
            value: 'path',
            label: 'Path',
            content: (
              <div className="h-[60dvh] overflow-hidden rounded-lg border border-line">
                <PathView {...props} />
              </div>
            ),
          },
        ]}
      />
      <Sheet open={whole || index !== null} onClose={close} title={index === null ? 'Run' : `Step ${index + 1} of ${record.steps.length}`}>
        <Chosen {...props} />
      </Sheet>
    </div>
  );
}

function Chosen({ record, index, chooseNode }: ViewProps) {
  const version = useVersion(record.flow, record.version);
  if (index === null) return <Overview record={record} onNode={chooseNode} />;
  return <StepDetail record={record} index={index} nameOf={(node) => version.data?.nodes?.[node]?.name} />;
}

function PathView({ record, index, chooseNode }: ViewProps) {
  const version = useVersion(record.flow, record.version);
  const step = index === null ? null : record.steps[index];
  if (version.isError) return <ErrorState error={version.error} onRetry={() => void version.refetch()} />;
  if (!version.data) return <Waiting />;
  return (
    <Suspense fallback={<Waiting />}>
      <RunPath record={record} doc={version.data} selected={step && !step.flow ? step.node : null} onSelect={chooseNode} />
    </Suspense>
  );
}

function Waiting() {
  return (
    <div className="p-4">
      <Skeleton rows={4} label="Loading the flow" />
    </div>
  );
}
