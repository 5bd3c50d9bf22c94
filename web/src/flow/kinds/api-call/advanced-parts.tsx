// What most calls leave as it is: time, retry, idempotency, the answer.
import { useState } from 'react';
import { formatBytes, formatMs } from '@/shared/lib/format';
import { Input, TextField } from '@/shared/ui/input';
import { Field } from '@/shared/ui/field';
import { Segmented, Switch } from '@/shared/ui/toggle';
import { textOf } from '../kind';
import { FieldProblems } from '../../field-problems';
import { listOf, objectOf, type PartProps, type RetryDoc } from './model';
import { NumberField } from './number-field';
import { OutcomePicker } from './outcome-picker';
import { Part } from './part';

const retryDefault = ['429', '502', '503', '504', 'network', 'timeout'];

/** A span in few words: `10 s`, not `10.0 s`. */
const span = (ms: number) => formatMs(ms).replace(/\.0+ s$/, ' s');

const number = (value: unknown) => (typeof value === 'number' ? value : undefined);

export function TimePart({ id, node, patch, readOnly }: PartProps) {
  const retry = objectOf<RetryDoc>(node.retry) ?? {};
  const set = (changes: Partial<RetryDoc>) => {
    const next = Object.fromEntries(Object.entries({ ...retry, ...changes }).filter(([, value]) => value !== undefined));
    patch({ retry: Object.keys(next).length > 0 ? next : undefined });
  };
  const attempts = retry.maxAttempts ?? 1;
  const on = retry.on === undefined ? retryDefault : (Array.isArray(retry.on) ? retry.on : [retry.on]).map(String);
  const note = `${span(number(node.timeoutMs) ?? 10_000)}, ${attempts > 1 ? `up to ${attempts} attempts` : 'no retry'}`;
  return (
    <Part node={id} title="Timeout and retry" fields={['timeoutMs', 'retry']} note={note}>
      <div className="flex gap-3">
        <NumberField label="Timeout of one attempt, ms" value={node.timeoutMs} otherwise="10000" node={id} field="timeoutMs" readOnly={readOnly} onChange={(timeoutMs) => patch({ timeoutMs })} />
        <NumberField label="Attempts at most" value={retry.maxAttempts} otherwise="1" node={id} field="retry.maxAttempts" readOnly={readOnly} onChange={(maxAttempts) => set({ maxAttempts })} />
      </div>
      {(attempts > 1 || retry.withinMs !== undefined || retry.on !== undefined) && (
        <>
          <NumberField label="All attempts within, ms" value={retry.withinMs} otherwise="120000" node={id} field="retry.withinMs" readOnly={readOnly} onChange={(withinMs) => set({ withinMs })} hint="Waits between attempts grow, and follow Retry-After." />
          <OutcomePicker label="Try again on" field="retry.on" value={on} readOnly={readOnly} onChange={(next) => set({ on: next.length === 0 || sameSet(next, retryDefault) ? undefined : next.map(asStatus) })} />
        </>
      )}
      <FieldProblems node={id} field="retry" />
      <FieldProblems node={id} field="retry.on" deep />
    </Part>
  );
}

function sameSet(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

/** Statuses are written as numbers, as people do in files. */
export function asStatus(key: string): string | number {
  return /^\d{3}$/.test(key) ? Number(key) : key;
}

export function IdempotencyPart({ id, node, patch, readOnly }: PartProps) {
  const header = objectOf<{ header?: string }>(node.idempotency)?.header;
  return (
    <Part node={id} title="Idempotency" fields={['idempotency']} note={header ?? 'Off'}>
      <Switch
        label="Send the same key with every attempt"
        checked={header !== undefined}
        disabled={readOnly}
        onChange={(on) => patch({ idempotency: on ? { header: 'Idempotency-Key' } : undefined })}
        hint="Makes a write safe to send again, where the API honours the key."
      />
      {header !== undefined && <TextField label="Header" mono data-field="idempotency.header" value={header} readOnly={readOnly} onChange={(event) => patch({ idempotency: { header: event.target.value } })} />}
      <FieldProblems node={id} field="idempotency" deep />
    </Part>
  );
}

export function AnswerPart({ id, node, patch, readOnly }: PartProps) {
  const bytes = number(node.responseBytesMax);
  const redirects = number(node.followRedirects) ?? 0;
  const http = node.mode !== 'integration';
  const note = [http && textOf(node.responseVariable), bytes && formatBytes(bytes), redirects > 0 && `follows ${redirects}`].filter(Boolean).join(' · ') || 'As usual';
  return (
    <Part node={id} title="Answer and redirects" fields={['responseVariable', 'responseBytesMax', 'followRedirects']} note={note}>
      {http && (
        <>
          <TextField label="Variable of the decoded body" mono data-field="responseVariable" value={textOf(node.responseVariable)} placeholder="httpResult" readOnly={readOnly} onChange={(event) => patch({ responseVariable: event.target.value || undefined })} />
          <FieldProblems node={id} field="responseVariable" />
        </>
      )}
      <div className="flex gap-3">
        <NumberField label="Body at most, bytes" value={node.responseBytesMax} otherwise="1048576" node={id} field="responseBytesMax" readOnly={readOnly} onChange={(responseBytesMax) => patch({ responseBytesMax })} />
        <NumberField label="Redirects to follow" value={node.followRedirects} otherwise="0" min={0} node={id} field="followRedirects" readOnly={readOnly} onChange={(followRedirects) => patch({ followRedirects })} />
      </div>
    </Part>
  );
}

const wholeHole = /^\s*\{\{[^]*\}\}\s*$/;

/** Which hosts a URL of one whole expression may name. */
export function HostsPart({ id, node, patch, readOnly }: PartProps) {
  const hosts = Array.isArray(node.urlHosts) ? node.urlHosts.map(String) : [];
  const [text, setText] = useState(hosts.join(', '));
  if (!wholeHole.test(textOf(node.url)) && hosts.length === 0) return null;
  return (
    <Part node={id} title="Hosts" fields={['urlHosts']} note={hosts.join(', ') || 'None yet'} open>
      <Field label="Hosts that the URL may name" hint="Apart by commas: api.example.com, eu.api.example.com">
        {(ids) => (
          <Input
            {...ids}
            mono
            data-field="urlHosts"
            value={text}
            readOnly={readOnly}
            onChange={(event) => {
              setText(event.target.value);
              const list = event.target.value.split(/[\s,]+/).filter(Boolean);
              patch({ urlHosts: list.length > 0 ? list : undefined });
            }}
          />
        )}
      </Field>
      <FieldProblems node={id} field="urlHosts" deep />
    </Part>
  );
}

export function SeparatorChoice({ node, patch, readOnly }: PartProps) {
  if (listOf(node.query).length < 2 && node.querySeparator !== ';') return null;
  return (
    <div className="flex items-center gap-2 text-xs text-ink-3">
      Between pairs
      <Segmented label="Between query pairs" value={node.querySeparator === ';' ? ';' : '&'} disabled={readOnly} options={[{ value: '&', label: '&' }, { value: ';', label: ';' }]} onChange={(next) => patch({ querySeparator: next === '&' ? undefined : next })} />
    </div>
  );
}
