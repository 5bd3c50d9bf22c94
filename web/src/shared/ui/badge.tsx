import { CircleCheck, CircleDashed, CircleX, Clock, Info, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '../lib/cn';

export type Tone = 'neutral' | 'ok' | 'warn' | 'bad' | 'accent';

const tones: Record<Tone, string> = {
  neutral: 'bg-sunken text-ink-2 border-line',
  ok: 'bg-ok-soft text-ok border-transparent',
  warn: 'bg-warn-soft text-warn border-transparent',
  bad: 'bg-bad-soft text-bad border-transparent',
  accent: 'bg-accent-soft text-accent-text border-transparent',
};

/** A word about a thing's state; where its tone says something, give it an icon too. */
export function Badge({ tone = 'neutral', icon, children, className }: { tone?: Tone; icon?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <span className={cn('inline-flex h-5 max-w-full items-center gap-1 rounded border px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3 [&_svg]:shrink-0', tones[tone], className)}>
      {icon}
      <span className="truncate">{children}</span>
    </span>
  );
}

const statuses: Record<string, { tone: Tone; icon: ReactNode }> = {
  completed: { tone: 'ok', icon: <CircleCheck aria-hidden /> },
  failed: { tone: 'bad', icon: <CircleX aria-hidden /> },
  running: { tone: 'accent', icon: <LoaderCircle aria-hidden className="animate-spin" /> },
  waiting: { tone: 'warn', icon: <Clock aria-hidden /> },
  cancelled: { tone: 'neutral', icon: <CircleDashed aria-hidden /> },
};

/** How a run stands. */
export function RunStatusBadge({ status }: { status: string }) {
  const known = statuses[status];
  return (
    <Badge tone={known?.tone} icon={known?.icon}>
      {status}
    </Badge>
  );
}

/** The tone of an outcome of a call: `200`, `404`, `timeout`. */
export function outcomeTone(outcome: string): Tone {
  if (/^2/.test(outcome) || outcome === 'success') return 'ok';
  if (/^[13]/.test(outcome)) return 'warn';
  return 'bad';
}

/** How a call ended. */
export function OutcomeBadge({ outcome }: { outcome: string }) {
  const tone = outcomeTone(outcome);
  const icon = tone === 'ok' ? <CircleCheck aria-hidden /> : tone === 'warn' ? <Info aria-hidden /> : <CircleX aria-hidden />;
  return (
    <Badge tone={tone} icon={icon}>
      {outcome}
    </Badge>
  );
}

/** An error or a warning of the check. */
export function SeverityIcon({ severity }: { severity: string }) {
  return severity === 'error' ? (
    <CircleX role="img" aria-label="Error" className="size-4 shrink-0 text-bad" />
  ) : (
    <TriangleAlert role="img" aria-label="Warning" className="size-4 shrink-0 text-warn" />
  );
}
