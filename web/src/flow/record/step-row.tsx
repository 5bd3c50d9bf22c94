import { CornerDownRight, TriangleAlert } from 'lucide-react';
import { cn } from '@/shared/lib/cn';
import { formatMs } from '@/shared/lib/format';
import { OutcomeBadge } from '@/shared/ui/badge';
import { kindOf } from '../kinds';
import { caseLabel, type Step } from './types';

interface StepRowProps {
  step: Step;
  selected?: boolean;
  onSelect?(): void;
}

/** A visit of a node in a list: what it is, how it ended and where it went on. */
export function StepRow({ step, selected, onSelect }: StepRowProps) {
  const kind = kindOf(step);
  const Icon = kind.icon;
  const taken = caseLabel(step.case);
  return (
    <button
      type="button"
      onClick={onSelect}
      aria-current={selected ? 'step' : undefined}
      className={cn('flex w-full min-w-0 items-start gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover', selected && 'bg-accent-soft hover:bg-accent-soft')}
    >
      <span className="mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-md border border-line bg-surface text-ink-2">
        <Icon aria-hidden className="size-3.5" />
      </span>
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="flex min-w-0 items-center justify-between gap-2">
          <span className="min-w-0 break-words font-medium">
            {step.name || step.node}
            {step.visit > 1 && <span className="font-normal text-ink-3"> · visit {step.visit}</span>}
          </span>
          <span className="shrink-0 text-xs text-ink-3 tabular-nums">{formatMs(step.durationMs)}</span>
        </span>
        <span className="flex min-w-0 flex-wrap items-center gap-x-1.5 gap-y-1 text-xs text-ink-3">
          {step.outcome ? <OutcomeBadge outcome={step.outcome} /> : <span>{kind.label}</span>}
          {taken && taken !== 'next' && (
            <span className="inline-flex min-w-0 items-center gap-1 break-words">
              <CornerDownRight aria-hidden className="size-3 shrink-0" />
              {taken}
            </span>
          )}
          {step.attempts.length > 1 && <span>{step.attempts.length} attempts</span>}
          {step.flow && <span className="break-words">in {step.flow}</span>}
          {step.problems.length > 0 && (
            <span className="inline-flex items-center gap-1 text-warn">
              <TriangleAlert aria-hidden className="size-3" />
              {step.problems.length}
              <span className="sr-only"> {step.problems.length === 1 ? 'problem' : 'problems'}</span>
            </span>
          )}
        </span>
      </span>
    </button>
  );
}
