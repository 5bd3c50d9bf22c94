// The attempts of a call over time: their phases, and the waits between them.
import { cn } from '@/shared/lib/cn';
import { formatMs, formatTime } from '@/shared/lib/format';
import { sentence } from '@/shared/api/client';
import { Words } from '@/shared/ui/words';
import { visible } from '@/shared/lib/visible';
import { OutcomeBadge } from '@/shared/ui/badge';
import type { Attempt, Timing } from './types';

const phases: { key: keyof Timing; label: string; color: string }[] = [
  { key: 'slotMs', label: 'queue', color: 'bg-line-strong' },
  { key: 'lookUpMs', label: 'look-up', color: 'bg-ink-3' },
  { key: 'connectMs', label: 'connect', color: 'bg-accent/40' },
  { key: 'tlsMs', label: 'TLS', color: 'bg-accent/70' },
  { key: 'headMs', label: 'waiting for the answer', color: 'bg-accent' },
  { key: 'bodyMs', label: 'reading', color: 'bg-ok' },
];

export interface Part {
  label: string;
  ms: number;
  color: string;
}

/** The phases that an attempt went through, in order; what none of them says is its rest. */
export function partsOf(timing: Timing): Part[] {
  const parts = phases.flatMap(({ key, label, color }) => (typeof timing[key] === 'number' ? [{ label, color, ms: timing[key] }] : []));
  const rest = timing.totalMs - parts.reduce((sum, part) => sum + part.ms, 0);
  const known = parts.length > 0 ? timing.totalMs * 0.05 : 0;
  return rest > Math.max(known, 0.05) ? [...parts, { label: 'other', ms: rest, color: 'bg-line-strong' }] : parts;
}

/** Phases are short: tenths of a millisecond tell them apart. */
const fine = (ms: number) => (ms < 0.05 ? '< 0.1 ms' : ms < 10 ? `${ms.toFixed(1)} ms` : formatMs(ms));

const at = (time: string) => new Date(time).getTime();

/** The bars, each from 0 to 100 along the whole call. */
export function spansOf(attempts: Attempt[]): { left: number; width: number; wait: number }[] {
  const start = at(attempts[0]!.startedAt);
  const end = Math.max(...attempts.map((attempt) => at(attempt.startedAt) + Math.max(attempt.timing.totalMs, attempt.durationMs)));
  const whole = Math.max(end - start, 0.001);
  return attempts.map((attempt, index) => {
    const begins = at(attempt.startedAt) - start;
    const takes = Math.max(attempt.timing.totalMs, attempt.durationMs);
    const next = attempts[index + 1];
    const wait = next ? Math.max(0, at(next.startedAt) - start - begins - takes) : 0;
    return { left: Math.min(100, (begins / whole) * 100), width: Math.min(100, (takes / whole) * 100), wait: (wait / whole) * 100 };
  });
}

export function Waterfall({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return null;
  const spans = spansOf(attempts);
  return (
    <ol aria-label="Attempts" className="flex flex-col divide-y divide-line rounded-md border border-line">
      {attempts.map((attempt, index) => (
        <Row key={attempt.number} attempt={attempt} span={spans[index]!} next={attempts[index + 1]} alone={attempts.length === 1} />
      ))}
    </ol>
  );
}

interface RowProps {
  attempt: Attempt;
  span: { left: number; width: number; wait: number };
  next: Attempt | undefined;
  alone: boolean;
}

function Row({ attempt, span, next, alone }: RowProps) {
  const parts = partsOf(attempt.timing);
  const whole = Math.max(parts.reduce((sum, part) => sum + part.ms, 0), 0.0001);
  const waited = next ? at(next.startedAt) - at(attempt.startedAt) - Math.max(attempt.timing.totalMs, attempt.durationMs) : 0;
  return (
    <li className="flex flex-col gap-1 px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-xs text-ink-2" title={formatTime(attempt.startedAt)}>
          {alone ? 'One attempt' : `Attempt ${attempt.number}`}
        </span>
        <OutcomeBadge outcome={attempt.outcome} />
        <div aria-hidden className="relative h-2.5 min-w-32 flex-1 overflow-hidden rounded-sm bg-sunken max-sm:order-last max-sm:w-full max-sm:flex-none">
          <span className="absolute inset-y-0 flex min-w-[3px] overflow-hidden rounded-sm" style={{ left: `min(${span.left}%, calc(100% - 3px))`, width: `${span.width}%` }}>
            {parts.map((part) => (
              <span key={part.label} className={cn('h-full', part.color)} style={{ width: `${(part.ms / whole) * 100}%` }} />
            ))}
          </span>
          {span.wait > 0 && <span className="absolute top-1/2 border-t border-dashed border-line-strong" style={{ left: `${span.left + span.width}%`, width: `${span.wait}%` }} />}
        </div>
        <span className="text-xs text-ink-2 tabular-nums">{fine(attempt.timing.totalMs || attempt.durationMs)}</span>
      </div>
      <p className="flex flex-wrap gap-x-3 text-xs text-ink-3">
        {parts.map((part) => (
          <span key={part.label} className="inline-flex items-center gap-1">
            <span aria-hidden className={cn('size-2 rounded-sm', part.color)} />
            {part.label} {fine(part.ms)}
          </span>
        ))}
        {attempt.timing.reused && <span>connection reused</span>}
        {attempt.sent === 'no' && <span>nothing was sent</span>}
        {attempt.sent === 'maybe' && <span>part of it may have been sent</span>}
        {attempt.retryAt && <span>tried again after {formatMs(Math.max(0, waited))}</span>}
      </p>
      {attempt.error && (
        <p className="text-sm break-words text-bad">
          <Words text={visible(sentence(attempt.error.message))} />
          {attempt.error.reason && <span className="text-ink-3"> ({attempt.error.reason})</span>}
        </p>
      )}
      {attempt.hops?.map((hop, index) => (
        <p key={index} className="text-xs break-all text-ink-2">
          {hop.status} led on to {hop.method} {visible(hop.url)}
        </p>
      ))}
    </li>
  );
}
