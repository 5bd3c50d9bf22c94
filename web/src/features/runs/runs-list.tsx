import { Link } from '@tanstack/react-router';
import { cn } from '@/shared/lib/cn';
import { formatAgo, formatMs, formatTime } from '@/shared/lib/format';
import { useNarrow, useNow } from '@/shared/lib/hooks';
import { Badge, OutcomeBadge, RunStatusBadge } from '@/shared/ui/badge';
import { Table, type Column } from '@/shared/ui/table';
import { CircleX } from 'lucide-react';
import { useJustChanged, type RunLine } from './api';

/** The runs: a table, on a phone two lines each. */
export function RunsList({ lines }: { lines: RunLine[] }) {
  const narrow = useNarrow();
  const now = useNow(10_000);
  if (narrow) {
    return (
      <ul aria-label="Runs" className="divide-y divide-line rounded-lg border border-line bg-surface">
        {lines.map((line) => (
          <Row key={line.id} line={line} now={now} />
        ))}
      </ul>
    );
  }
  return <Table label="Runs" columns={columns(now)} rows={lines} rowKey={(line) => line.id} rowClass={() => 'relative'} />;
}

function columns(now: number): Column<RunLine>[] {
  return [
    { key: 'status', header: 'Status', className: 'w-28', cell: (line) => <Status line={line} /> },
    { key: 'flow', header: 'Flow', cell: (line) => <FlowLink line={line} /> },
    { key: 'event', header: 'Event', className: 'max-w-48', cell: (line) => <Cut text={line.event} /> },
    { key: 'contact', header: 'Contact', from: 'lg', className: 'max-w-40', cell: (line) => <Cut text={line.contact} /> },
    { key: 'ended', header: 'Outcome', cell: (line) => <Ended line={line} /> },
    { key: 'started', header: 'Started', align: 'right', className: 'whitespace-nowrap', cell: (line) => <Started line={line} now={now} /> },
    { key: 'took', header: 'Duration', align: 'right', from: 'lg', className: 'whitespace-nowrap text-ink-2', cell: (line) => <Took line={line} now={now} /> },
  ];
}

function Status({ line }: { line: RunLine }) {
  const changed = useJustChanged(line.status);
  return (
    <span className={cn('inline-flex rounded align-middle transition-shadow duration-500', changed && 'ring-2 ring-accent/40')}>
      <RunStatusBadge status={line.status} />
    </span>
  );
}

/** The link covers its row: a click anywhere opens the run. */
function FlowLink({ line }: { line: RunLine }) {
  return (
    <Link to="/runs/$id" params={{ id: line.id }} className="rounded font-medium after:absolute after:inset-0 hover:text-accent-text" aria-label={`${line.flow} v${line.version}, ${line.id}`}>
      {line.flow} <span className="font-normal text-ink-3">v{line.version}</span>
    </Link>
  );
}

function Cut({ text }: { text: string | null | undefined }) {
  if (!text) return <span className="text-ink-3">–</span>;
  return (
    <span className="relative z-10 block w-fit max-w-full truncate text-ink-2" title={text}>
      {text}
    </span>
  );
}

function Ended({ line }: { line: RunLine }) {
  if (line.error) {
    return (
      <Badge tone="bad" icon={<CircleX aria-hidden />}>
        {line.error}
      </Badge>
    );
  }
  return line.outcome ? <OutcomeBadge outcome={line.outcome} /> : <span className="text-ink-3">–</span>;
}

function Started({ line, now }: { line: RunLine; now: number }) {
  return (
    <time dateTime={line.startedAt} title={formatTime(line.startedAt)} className="relative z-10">
      {formatAgo(line.startedAt, now)}
    </time>
  );
}

function Took({ line, now }: { line: RunLine; now: number }) {
  if (line.status === 'waiting' && line.waitingUntil) {
    return (
      <span className="relative z-10" title={`Waits until ${formatTime(line.waitingUntil)}`}>
        goes on {formatAgo(line.waitingUntil, now)}
      </span>
    );
  }
  if (!line.endedAt) return <span className="text-ink-3">–</span>;
  return formatMs(Math.max(0, new Date(line.endedAt).getTime() - new Date(line.startedAt).getTime()));
}

function Row({ line, now }: { line: RunLine; now: number }) {
  return (
    <li className="relative flex flex-col gap-1.5 px-3 py-2.5 hover:bg-hover">
      <div className="flex items-start justify-between gap-2">
        <span className="min-w-0 break-words">
          <FlowLink line={line} />
        </span>
        <Status line={line} />
      </div>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-ink-2">
        <Started line={line} now={now} />
        {line.event && <span className="min-w-0 break-all">· {line.event}</span>}
        {line.contact && <span className="min-w-0 break-all">· {line.contact}</span>}
        {(line.error || line.outcome) && <Ended line={line} />}
      </div>
    </li>
  );
}
