import { CircleCheck, CircleDashed, CircleX, Clock, LoaderCircle, Zap } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { StepRow } from '@/flow/record/step-row';
import { isOpen, stepKey, type RunRecord } from '@/flow/record/types';
import { cn } from '@/shared/lib/cn';
import { formatAgo, formatTime, plural } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';

interface StepListProps {
  record: RunRecord;
  /** The chosen step; null where the whole run is. */
  index: number | null | undefined;
  onChoose(index: number | null): void;
}

/** A run that went in circles has thousands of steps: so many are drawn at once. */
const lot = 200;

/** What happened, in order; the whole run first. */
export function StepList({ record, index, onChoose }: StepListProps) {
  const [asked, setAsked] = useState(lot);
  const shown = Math.max(asked, (index ?? 0) + 1);
  return (
    <ol aria-label="Steps" className="flex flex-col gap-0.5">
      <li>
        <button
          type="button"
          aria-current={index === null ? 'step' : undefined}
          onClick={() => onChoose(null)}
          className={cn('flex w-full items-start gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover', index === null && 'bg-accent-soft hover:bg-accent-soft')}
        >
          <Mark>
            <Zap aria-hidden className="text-accent-text" />
          </Mark>
          <span className="min-w-0">
            <span className="block font-medium">The whole run</span>
            <span className="block text-xs break-words text-ink-3">
              {eventName(record)} · {plural(record.steps.length, 'step')}
            </span>
          </span>
        </button>
      </li>
      {record.steps.slice(0, shown).map((step, at) => (
        <li key={stepKey(step)}>
          <StepRow step={step} selected={at === index} onSelect={() => onChoose(at)} />
        </li>
      ))}
      {record.steps.length > shown && (
        <li className="flex justify-center py-2">
          <Button size="sm" onClick={() => setAsked(shown + lot)}>
            Show {Math.min(lot, record.steps.length - shown)} more of {plural(record.steps.length, 'step')}
          </Button>
        </li>
      )}
      <Ending record={record} />
    </ol>
  );
}

function eventName(record: RunRecord): string {
  const event = record.event as { name?: unknown } | null | undefined;
  return typeof event?.name === 'string' ? event.name : 'Started by the API';
}

function Mark({ children }: { children: ReactNode }) {
  return <span className="mt-0.5 flex size-6 shrink-0 items-center justify-center [&_svg]:size-4">{children}</span>;
}

/** How it stands after its last step. */
function Ending({ record }: { record: RunRecord }) {
  const now = useNow(5_000);
  const { status, waitingUntil, waitingAt, endedAt } = record;
  const icons: Record<string, ReactNode> = {
    completed: <CircleCheck aria-hidden className="text-ok" />,
    failed: <CircleX aria-hidden className="text-bad" />,
    cancelled: <CircleDashed aria-hidden className="text-ink-3" />,
    waiting: <Clock aria-hidden className="text-warn" />,
    running: <LoaderCircle aria-hidden className="animate-spin text-accent-text" />,
  };
  const until = isOpen(status) && waitingUntil ? `goes on ${formatAgo(waitingUntil, now)}` : '';
  const at = isOpen(status) && waitingAt ? `at ${waitingAt}` : '';
  return (
    <li className="flex items-start gap-2.5 px-2 py-1.5">
      <Mark>{icons[status]}</Mark>
      <span className="min-w-0">
        <span className="block font-medium capitalize">{status}</span>
        <span className="block text-xs break-words text-ink-3" title={endedAt ? formatTime(endedAt) : waitingUntil ? formatTime(waitingUntil) : undefined}>
          {[at, until].filter(Boolean).join(' · ')}
          {endedAt ? formatTime(endedAt) : ''}
          {record.error ? ` · ${record.error.code}` : ''}
        </span>
      </span>
    </li>
  );
}
