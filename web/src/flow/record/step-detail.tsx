import { useState, type ReactNode } from 'react';
import { formatMs, formatTime } from '@/shared/lib/format';
import { OutcomeBadge } from '@/shared/ui/badge';
import { CodeBlock } from '@/shared/ui/code';
import { Tabs } from '@/shared/ui/tabs';
import { kindOf } from '../kinds';
import { EffectView } from './effects';
import { RequestView, ResponseView } from './exchange';
import { Notes } from './notes';
import { caseLabel, effectsByStep, stepKey, type Effect, type RunRecord, type Step } from './types';
import { variablesAround } from './variables';
import { VariablesView } from './variables-view';
import { Waterfall } from './waterfall';

interface StepDetailProps {
  record: RunRecord;
  index: number;
  /** What nodes are called, to say where it went on. */
  nameOf?(node: string): string | undefined;
}

/** All that is known of one step. */
export function StepDetail({ record, index, nameOf }: StepDetailProps) {
  const step = record.steps[index]!;
  const effects = effectsByStep(record).get(stepKey(step)) ?? [];
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Head step={step} nameOf={nameOf} />
      <Notes notes={step.problems} />
      {effects.map((effect) => (
        <EffectView key={effect.id} effect={effect} />
      ))}
      <Waterfall attempts={step.attempts} />
      <Parts record={record} index={index} step={step} effects={effects} />
    </div>
  );
}

function Head({ step, nameOf }: { step: Step; nameOf?(node: string): string | undefined }) {
  const kind = kindOf(step);
  const taken = caseLabel(step.case);
  const to = step.to && (step.to.startsWith('flow:') ? `the flow ${step.to.slice(5)}` : (nameOf?.(step.to) ?? step.to));
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <kind.icon aria-hidden className="size-4 shrink-0 text-ink-3" />
        <h2 className="text-lg font-semibold break-words">{step.name || step.node}</h2>
        {step.outcome && <OutcomeBadge outcome={step.outcome} />}
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 sm:flex sm:flex-wrap sm:gap-x-6">
        <Fact name="Node">
          {step.node} <span className="text-ink-3">({kind.label})</span>
        </Fact>
        {step.flow && <Fact name="Flow">{step.flow}</Fact>}
        {step.visit > 1 && <Fact name="Visit">{step.visit}</Fact>}
        <Fact name="Started">{formatTime(step.startedAt)}</Fact>
        <Fact name="Took">{formatMs(step.durationMs)}</Fact>
        {taken !== 'next' && <Fact name="Case taken">{taken ?? 'none: the run ended here'}</Fact>}
        {to && <Fact name="Went on to">{to}</Fact>}
      </dl>
    </div>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents sm:flex sm:min-w-0 sm:flex-col">
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Parts({ record, index, step, effects }: { record: RunRecord; index: number; step: Step; effects: Effect[] }) {
  const { before, after } = variablesAround(record, index);
  const tabs = [
    ...(step.response ? [{ value: 'response', label: 'Response', content: <ResponseView response={step.response} /> }] : []),
    ...(step.request ? [{ value: 'request', label: 'Request', content: <RequestView request={step.request} /> }] : []),
    { value: 'variables', label: 'Variables', content: <VariablesView before={before} after={after} /> },
    { value: 'json', label: 'JSON', content: <CodeBlock label="the step as JSON" maxHeight="40rem" text={JSON.stringify(effects.length > 0 ? { ...step, effects } : step, null, 2)} /> },
  ];
  const [chosen, choose] = useState('response');
  // A step without an answer shows its first part, and the choice is kept for the next step that has one.
  const value = tabs.some((tab) => tab.value === chosen) ? chosen : tabs[0]!.value;
  return <Tabs label="Parts of the step" tabs={tabs} value={value} onChange={choose} />;
}
