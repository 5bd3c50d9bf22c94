import { useState } from 'react';
import { cn } from '@/shared/lib/cn';
import { Input } from '@/shared/ui/input';
import { Section } from '@/shared/ui/section';
import { useFlow, type SampleScope } from '../context';
import type { Json } from '../document/types';
import { JsonValueField } from '../input-form/json-value-field';
import { looseText, looseValue } from '../document/loose';
import { sampleAt, withSample } from './reads';

/** What the request reads, each with the value to try it with. */
export function TestValues({ id, reads }: { id: string; reads: string[] }) {
  const { samples, setSamples } = useFlow();
  return (
    <div className="flex flex-col gap-2">
      {reads.length > 0 && (
        <table className="w-full border-separate border-spacing-y-1">
          <caption className="sr-only">Test values</caption>
          <tbody>
            {reads.map((path) => (
              <ValueRow key={path} path={path} value={sampleAt(samples, path)} onChange={(value) => setSamples(withSample(samples, path, value))} />
            ))}
          </tbody>
        </table>
      )}
      <Section title="All test values" note="Event, contact and variables, as JSON">
        <Whole id={id} part="event" label="Event" samples={samples} setSamples={setSamples} />
        <Whole id={id} part="contact" label="Contact" samples={samples} setSamples={setSamples} />
        <Whole id={id} part="vars" label="Variables" samples={samples} setSamples={setSamples} />
      </Section>
    </div>
  );
}

function ValueRow({ path, value, onChange }: { path: string; value: unknown; onChange(value: unknown): void }) {
  const [held, setHeld] = useState({ text: looseText(value as Json), value });
  if (JSON.stringify(held.value) !== JSON.stringify(value)) setHeld({ text: looseText(value as Json), value });
  const missing = value === undefined || value === null || value === '';
  return (
    <tr>
      <th scope="row" className="max-w-40 truncate pr-3 text-left font-mono text-xs font-normal text-ink-2" title={path}>
        {path}
      </th>
      <td>
        <Input
          mono
          aria-label={`Test value of ${path}`}
          placeholder="none"
          value={held.text}
          onChange={(event) => {
            const next = looseValue(event.target.value);
            setHeld({ text: event.target.value, value: next });
            onChange(next);
          }}
          className={cn('text-xs', missing && 'border-warn')}
        />
      </td>
    </tr>
  );
}

function Whole({ id, part, label, samples, setSamples }: { id: string; part: keyof SampleScope; label: string; samples: SampleScope; setSamples(samples: SampleScope): void }) {
  const value = samples[part] as Json;
  const write = (next: Json | undefined) => {
    if (next === undefined) setSamples({ ...samples, [part]: {} });
    else if (typeof next === 'object' && next !== null && !Array.isArray(next)) setSamples({ ...samples, [part]: next });
  };
  return <JsonValueField label={label} node={id} value={Object.keys(samples[part]).length === 0 ? undefined : value} onChange={write} placeholder="{ }" readOnly={false} />;
}
