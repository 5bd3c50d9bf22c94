import { formatMs } from '@/shared/lib/format';
import { visible } from '@/shared/lib/visible';
import { OutcomeBadge } from '@/shared/ui/badge';
import type { Attempt, Timing } from '../record/types';

const phases: { key: keyof Timing; label: string; says: string }[] = [
  { key: 'slotMs', label: 'Slot', says: 'Waiting for a free connection' },
  { key: 'lookUpMs', label: 'Look-up', says: 'Finding the address of the host' },
  { key: 'connectMs', label: 'Connect', says: 'Opening the connection' },
  { key: 'tlsMs', label: 'TLS', says: 'Agreeing on encryption' },
  { key: 'headMs', label: 'Wait', says: 'From sending the request to the answer’s head' },
  { key: 'bodyMs', label: 'Body', says: 'Reading the answer’s body' },
];

/** Each sending: how it ended, and where its time went. */
export function Attempts({ attempts }: { attempts: Attempt[] }) {
  return (
    <ol aria-label="Attempts" className="flex flex-col gap-3">
      {attempts.map((attempt) => (
        <li key={attempt.number} className="flex flex-col gap-1.5">
          {(attempts.length > 1 || attempt.error) && (
            <div className="flex flex-wrap items-center gap-2 text-xs">
              {attempts.length > 1 && <span className="font-medium">Attempt {attempt.number}</span>}
              <OutcomeBadge outcome={attempt.outcome} />
              <span className="text-ink-3">{formatMs(attempt.timing?.totalMs ?? attempt.durationMs)}</span>
              {attempt.retryAt && <span className="text-ink-3">then again</span>}
            </div>
          )}
          {attempt.error && <p className="text-sm break-words text-bad">{visible(attempt.error.message)}</p>}
          {attempt.timing && <Phases timing={attempt.timing} />}
        </li>
      ))}
    </ol>
  );
}

function Phases({ timing }: { timing: Timing }) {
  let start = 0;
  const bars = phases.flatMap(({ key, label, says }) => {
    const length = timing[key];
    if (typeof length !== 'number') return [];
    const bar = { label, says, start, length };
    start += length;
    return [bar];
  });
  if (bars.length === 0) return null;
  const whole = Math.max(timing.totalMs, start, 0.001);
  return (
    <dl className="grid grid-cols-[4rem_minmax(0,1fr)_4.5rem] items-center gap-x-2 gap-y-1 text-xs">
      {bars.map((bar) => (
        <div key={bar.label} className="contents" title={bar.says}>
          <dt className="text-ink-2">{bar.label}</dt>
          <span aria-hidden className="relative h-2 rounded bg-sunken">
            <span className="absolute h-2 min-w-0.5 rounded bg-accent" style={{ left: `${(bar.start / whole) * 100}%`, width: `${(bar.length / whole) * 100}%` }} />
          </span>
          <dd className="text-right text-ink-2 tabular-nums">{exactMs(bar.length)}</dd>
        </div>
      ))}
      {timing.reused && <p className="col-span-3 text-ink-3">Over a connection that was open already.</p>}
    </dl>
  );
}

function exactMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatMs(ms);
}
