import { CirclePlay, Play, Square } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ApiError, sentence } from '@/shared/api/client';
import { useMay } from '@/shared/api/session';
import { useLatest } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';
import { Confirm } from '@/shared/ui/dialog';
import { ProblemList } from '@/shared/ui/problem-list';
import { Section } from '@/shared/ui/section';
import { EmptyState, ErrorNote } from '@/shared/ui/states';
import { Switch } from '@/shared/ui/toggle';
import { Words } from '@/shared/ui/words';
import { useFlow } from '../context';
import type { RunRecord } from '../record/types';
import { SampleField } from '../trigger-panel/sample-field';
import { Outcome } from './outcome';
import { useTrial, type Trial } from './trial';

export interface TryPanelProps {
  /** The nodes that the trial came to, in order. */
  onVisited?(ids: string[]): void;
  /** Leads to a node. */
  onOpenNode?(id: string): void;
}

/** Sends an event to the draft, and shows what the customer and the agent would see. */
export function TryPanel({ onVisited, onOpenNode }: TryPanelProps) {
  const { slug, samples, saved } = useFlow();
  const may = useMay('editor');
  const [skipWaits, setSkipWaits] = useState(true);
  const { trial, start, stop, calm } = useTrial(slug, saved);
  useVisited(trial.record, slug, onVisited);
  const send = (confirm: boolean) => start({ ...samples, skipWaits }, confirm);
  const running = trial.state === 'running';
  const result = useRef<HTMLDivElement>(null);
  // Where it stands below the form, what comes of it is brought into sight.
  useEffect(() => {
    if (trial.state !== 'idle') result.current?.scrollIntoView({ block: 'start' });
  }, [trial.state]);
  return (
    <section aria-label="Try the flow" className="@container flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="grid min-h-0 flex-1 auto-rows-max grid-cols-1 overflow-auto @2xl:auto-rows-auto @2xl:grid-cols-[minmax(16rem,22rem)_1fr] @2xl:overflow-hidden">
        <div className="flex min-h-0 min-w-0 flex-col @2xl:border-r">
          <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-3 p-4 @2xl:overflow-auto">
            <SampleField part="event" label="Event" hint="Sent to the draft as it stands here; nothing of the trial is kept or counted." />
            <div>
              <Section title="Contact" note={Object.keys(samples.contact).join(', ') || 'nobody'}>
                <SampleField part="contact" label="Contact" placeholder='{ "id": "c-1" }' hint="Whose the run would be." />
              </Section>
              <Section title="Variables" note={Object.keys(samples.vars).join(', ') || 'none'}>
                <SampleField part="vars" label="Variables" placeholder='{ "customer_name": "Ada" }' hint="What it starts with." />
              </Section>
            </div>
            <Switch label="Skip waits" hint="Goes on at a wait as if the time had come." checked={skipWaits} onChange={setSkipWaits} disabled={running} />
          </div>
          <div className="flex flex-wrap items-center gap-2 border-t px-4 py-2.5">
            {running ? (
              <Button icon={<Square />} onClick={stop}>
                Stop
              </Button>
            ) : (
              <Button look="primary" icon={<Play />} disabled={!may} onClick={() => void send(false)}>
                Send the event
              </Button>
            )}
            {!may && <span className="text-xs text-ink-3">Trying a flow needs the role editor.</span>}
          </div>
        </div>
        <div ref={result} className="min-w-0 p-4 max-@2xl:border-t @2xl:overflow-auto">
          <Result trial={trial} onOpenNode={onOpenNode} />
        </div>
      </div>
      <Confirm
        open={trial.question !== null}
        title="Send this for real?"
        action="Send it"
        onClose={calm}
        onConfirm={() => {
          calm();
          void send(true);
        }}
      >
        <Words text={sentence(trial.question?.problem.detail ?? '')} />
      </Confirm>
    </section>
  );
}

/** Tells which nodes of this flow were visited, as it goes on. */
function useVisited(record: RunRecord | null, slug: string, onVisited: TryPanelProps['onVisited']) {
  const ids = useMemo(() => [...new Set((record?.steps ?? []).filter((step) => !step.flow || step.flow === slug).map((step) => step.node))], [record, slug]);
  const told = ids.join('\n');
  const latest = useLatest(onVisited);
  useEffect(() => {
    latest.current?.(told === '' ? [] : told.split('\n'));
  }, [told, latest]);
}

function Result({ trial, onOpenNode }: { trial: Trial; onOpenNode?(id: string): void }) {
  const problems = trial.error instanceof ApiError ? (trial.error.problem.problems ?? []) : [];
  const go = (at: string) => {
    const node = at.match(/^nodes\.([^.[\]]+)/)?.[1];
    if (node) onOpenNode?.(node);
  };
  if (!trial.record && !trial.error) {
    return (
      <EmptyState icon={<CirclePlay />} title="See it as they would">
        Send the event: the messages stand here as the customer reads them, the records as they open on the agent’s screen, and each step as it happens.
      </EmptyState>
    );
  }
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {Boolean(trial.error) && <ErrorNote error={trial.error} />}
      {problems.length > 0 && <ProblemList problems={problems} onGo={onOpenNode && go} />}
      {trial.record && <Outcome record={trial.record} running={trial.state === 'running'} onOpenNode={onOpenNode} />}
    </div>
  );
}
