import { CircleX, Crosshair, Headset, UserRound } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { formatMs } from '@/shared/lib/format';
import { sentence } from '@/shared/api/client';
import { Words } from '@/shared/ui/words';
import { RunStatusBadge } from '@/shared/ui/badge';
import { IconButton } from '@/shared/ui/button';
import { Tree } from '../record/body';
import { EffectView } from '../record/effects';
import { StepDetail } from '../record/step-detail';
import { StepRow } from '../record/step-row';
import { stepKey, type Effect, type RunRecord } from '../record/types';

interface OutcomeProps {
  record: RunRecord;
  running: boolean;
  onOpenNode?(id: string): void;
}

/** What the customer sees, what the agent sees, and how it came about. */
export function Outcome({ record, running, onOpenNode }: OutcomeProps) {
  const messages = record.effects.filter((effect) => effect.type === 'message');
  const others = record.effects.filter((effect) => effect.type !== 'message');
  const length = record.startedAt && record.endedAt ? new Date(record.endedAt).getTime() - new Date(record.startedAt).getTime() : null;
  return (
    <div className="@container flex min-w-0 flex-col gap-4">
      <p role="status" className="flex flex-wrap items-center gap-2">
        <RunStatusBadge status={record.status} />
        {length !== null && <span className="text-xs text-ink-3">in {formatMs(Math.max(0, length))}</span>}
        {!running && record.status === 'running' && <span className="text-ink-2">Stopped before its end.</span>}
        {record.status === 'waiting' && <span className="text-ink-2">It waits at {record.waitingAt}, and the trial ends here.</span>}
      </p>
      {record.error && (
        <p role="alert" className="flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-bad">
          <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words"><Words text={sentence(record.error.message)} /></span>
        </p>
      )}
      <div className="grid min-w-0 gap-4 @xl:grid-cols-2">
        <Side title="The customer" icon={<UserRound aria-hidden />} effects={messages} none="No message." running={running} />
        <Side title="The agent’s screen" icon={<Headset aria-hidden />} effects={others} none="Nothing opens on it." running={running} />
      </div>
      <Steps record={record} onOpenNode={onOpenNode} />
      <Values record={record} />
    </div>
  );
}

function Side({ title, icon, effects, none, running }: { title: string; icon: ReactNode; effects: Effect[]; none: string; running: boolean }) {
  const end = useRef<HTMLDivElement>(null);
  const count = effects.length;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [count]);
  return (
    <section className="flex min-w-0 flex-col overflow-hidden rounded-lg border border-line">
      <h3 className="flex items-center gap-1.5 border-b bg-surface px-3 py-1.5 text-xs font-medium text-ink-2 [&_svg]:size-3.5">
        {icon}
        {title}
      </h3>
      <div aria-live="polite" className="flex max-h-80 min-h-20 flex-1 flex-col gap-2 overflow-auto bg-sunken p-3">
        {effects.map((effect) => (
          <EffectView key={effect.id} effect={effect} />
        ))}
        {count === 0 && <p className="text-ink-3">{running ? 'Nothing yet.' : none}</p>}
        <div ref={end} />
      </div>
    </section>
  );
}

/** The most steps that are drawn: a flow that goes in circles has thousands. */
const shownMax = 200;

function Steps({ record, onOpenNode }: Omit<OutcomeProps, 'running'>) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <section className="flex min-w-0 flex-col gap-1">
      <h3 className="text-xs font-medium text-ink-2">Steps</h3>
      <ol aria-label="Steps" className="flex min-w-0 flex-col gap-0.5">
        {record.steps.slice(0, shownMax).map((step, index) => {
          const key = stepKey(step);
          const here = !step.flow || step.flow === record.flow;
          return (
            <li key={key} className="min-w-0">
              <div className="flex items-start gap-1">
                <div className="min-w-0 flex-1">
                  <StepRow step={step} selected={open === key} onSelect={() => setOpen(open === key ? null : key)} />
                </div>
                {onOpenNode && here && <IconButton label={`Show ${step.name || step.node} on the canvas`} icon={<Crosshair />} onClick={() => onOpenNode(step.node)} />}
              </div>
              {open === key && (
                <div className="my-1 rounded-lg border border-line bg-surface p-4">
                  <StepDetail record={record} index={index} />
                </div>
              )}
            </li>
          );
        })}
      </ol>
      {record.steps.length === 0 && <p className="text-ink-3">None yet.</p>}
      {record.steps.length > shownMax && <p className="text-xs text-ink-3">{record.steps.length - shownMax} more steps.</p>}
    </section>
  );
}

function Values({ record }: { record: RunRecord }) {
  const has = (value: unknown) => value !== null && value !== undefined && !(typeof value === 'object' && Object.keys(value).length === 0);
  return (
    <div className="grid min-w-0 gap-4 @xl:grid-cols-2">
      {has(record.result) && (
        <section className="flex min-w-0 flex-col gap-1">
          <h3 className="text-xs font-medium text-ink-2">Result</h3>
          <Tree value={record.result} label="the result" />
        </section>
      )}
      {has(record.vars) && (
        <section className="flex min-w-0 flex-col gap-1">
          <h3 className="text-xs font-medium text-ink-2">Variables at the end</h3>
          <Tree value={record.vars} label="the variables" openDepth={1} />
        </section>
      )}
    </div>
  );
}
