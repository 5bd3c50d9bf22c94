import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleDashed, CircleX, PenLine, Radio, SquareTerminal } from 'lucide-react';
import { formatAgo, formatCount, formatTime } from '@/shared/lib/format';
import { Badge, RunStatusBadge } from '@/shared/ui/badge';
import type { FlowLine } from './api';

/** Whether it is published, and whether the draft has gone on since. */
export function FlowState({ flow }: { flow: FlowLine }) {
  if (!flow.version) return <Badge icon={<CircleDashed aria-hidden />}>Never published</Badge>;
  return (
    <span className="flex flex-wrap gap-1">
      <Badge tone="ok" icon={<CircleCheck aria-hidden />}>
        Published v{flow.version}
      </Badge>
      {flow.changed && (
        <Badge tone="warn" icon={<PenLine aria-hidden />}>
          Draft changes
        </Badge>
      )}
    </span>
  );
}

/** What starts it. */
export function FlowTrigger({ flow }: { flow: FlowLine }) {
  const trigger = flow.trigger;
  if (!trigger) return <span className="text-ink-3">–</span>;
  const text = trigger.type === 'event' ? trigger.event || 'An event' : trigger.type === 'api' ? 'API' : trigger.type;
  return (
    <span className="flex min-w-0 items-center gap-1.5 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-3">
      {trigger.type === 'event' ? <Radio aria-label="Event" /> : <SquareTerminal aria-label="Called" />}
      <span className="max-w-48 truncate" title={text}>
        {text}
      </span>
    </span>
  );
}

export function LastRun({ flow, now }: { flow: FlowLine; now: number }) {
  if (!flow.lastRun) return <span className="text-ink-3">None yet</span>;
  const { id, status, startedAt } = flow.lastRun;
  return (
    <Link to="/runs/$id" params={{ id }} title={formatTime(startedAt)} className="flex w-fit flex-wrap items-center gap-x-2 gap-y-0.5 rounded hover:underline lg:flex-nowrap">
      <RunStatusBadge status={status} />
      <span className="whitespace-nowrap text-ink-2">{formatAgo(startedAt, now)}</span>
    </Link>
  );
}

/** How the runs of the last day ended. */
export function Day({ flow }: { flow: FlowLine }) {
  const { completed, failed } = flow.day;
  if (completed + failed === 0) return <span className="text-ink-3">–</span>;
  return (
    <span className="flex justify-end gap-3 tabular-nums [&_svg]:size-3.5">
      <span className="flex items-center gap-1 text-ink-2" title={`${completed} completed`}>
        <CircleCheck role="img" aria-label="Completed" className="text-ok" />
        {formatCount(completed)}
      </span>
      <Link
        to="/runs"
        search={{ flow: flow.slug, status: 'failed' }}
        aria-label={`${failed} failed: show them`}
        title={`${failed} failed`}
        className={`flex items-center gap-1 rounded hover:underline ${failed > 0 ? 'font-medium text-bad' : 'text-ink-3'}`}
      >
        <CircleX aria-hidden />
        {formatCount(failed)}
      </Link>
    </span>
  );
}
