import { CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Tree } from '@/flow/record/body';
import { EffectView } from '@/flow/record/effects';
import type { RunRecord } from '@/flow/record/types';
import { sentence } from '@/shared/api/client';
import { Words } from '@/shared/ui/words';
import { CodeBlock } from '@/shared/ui/code';
import { Tabs } from '@/shared/ui/tabs';
import { Button } from '@/shared/ui/button';

/** The run as a whole: what began it, what it told its host, what it came to. */
export function Overview({ record, onNode }: { record: RunRecord; onNode(node: string): void }) {
  const tabs = [
    { value: 'summary', label: 'Summary', content: <Summary record={record} /> },
    { value: 'variables', label: 'Variables', content: <Value value={record.vars} label="the variables" none="It has no variables." /> },
    { value: 'json', label: 'JSON', content: <CodeBlock label="the run as JSON" maxHeight="40rem" text={JSON.stringify(record, null, 2)} /> },
  ];
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <h2 className="text-lg font-semibold">The whole run</h2>
      {record.error && (
        <div role="alert" className="flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-bad">
          <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
          <div className="min-w-0 break-words">
            <p className="font-medium"><Words text={sentence(record.error.message)} /></p>
            <p className="flex flex-wrap items-center gap-2">
              <a href={`/docs/problems/${encodeURIComponent(record.error.code)}`} target="_blank" rel="noreferrer noopener" className="underline">
                {record.error.code}
              </a>
              {record.error.node && (
                <Button size="sm" onClick={() => onNode(record.error!.node!)}>
                  Show {record.error.node}
                </Button>
              )}
            </p>
          </div>
        </div>
      )}
      <Tabs label="Parts of the run" tabs={tabs} />
    </div>
  );
}

function Summary({ record }: { record: RunRecord }) {
  return (
    <div className="grid min-w-0 gap-5 lg:grid-cols-2">
      <Part title="Event">
        <Value value={record.event} label="the event" none="It began without an event." />
      </Part>
      {(record.contact ?? null) !== null && (
        <Part title="Contact">
          <Value value={record.contact} label="the contact" />
        </Part>
      )}
      {record.inputs && Object.keys(record.inputs).length > 0 && (
        <Part title="Variables it began with">
          <Value value={record.inputs} label="the variables it began with" />
        </Part>
      )}
      {(record.result ?? null) !== null && (
        <Part title="Result">
          <Value value={record.result} label="the result" />
        </Part>
      )}
      {record.effects.length > 0 && (
        <Part title="What its host was told">
          <div className="flex flex-col gap-3">
            {record.effects.map((effect) => (
              <EffectView key={effect.id} effect={effect} />
            ))}
          </div>
        </Part>
      )}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-1.5">
      <h3 className="text-xs font-medium text-ink-2">{title}</h3>
      {children}
    </section>
  );
}

function Value({ value, label, none }: { value: unknown; label: string; none?: string }) {
  if (value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) return none ? <p className="text-ink-3">{none}</p> : null;
  return <Tree value={value} label={label} />;
}
