import { ArrowRight, ShieldCheck, ShieldX } from 'lucide-react';
import { visible } from '@/shared/lib/visible';
import { CodeBlock } from '@/shared/ui/code';
import { SeverityIcon } from '@/shared/ui/badge';
import { formatMs } from '@/shared/lib/format';
import type { CallPreview, Remark, SentRequest } from './api';

export function Headers({ label, headers, onPick }: { label: string; headers: Record<string, string | string[]>; onPick?(name: string): void }) {
  const rows = Object.entries(headers).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each) => [name, each] as const));
  if (rows.length === 0) return <p className="text-xs text-ink-3">No headers.</p>;
  return (
    <dl aria-label={label} className="grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-1 font-mono text-xs">
      {rows.map(([name, value], index) => (
        <div key={index} className="contents">
          <dt className="max-w-40 break-words text-ink-2">{visible(name)}</dt>
          <dd className="min-w-0 break-words">
            {onPick ? (
              <button type="button" title="Save as a variable" onClick={() => onPick(name)} className="rounded text-left break-all hover:bg-accent-soft">
                {visible(String(value))}
              </button>
            ) : (
              visible(String(value))
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A body as people read it: JSON with its lines, else as it is. */
export function bodyText(body: unknown): string {
  if (typeof body !== 'string') return JSON.stringify(body, null, 2);
  try {
    return /^\s*[[{]/.test(body) ? JSON.stringify(JSON.parse(body), null, 2) : body;
  } catch {
    return body;
  }
}

/** A request: its line, headers and body, credentials masked. */
export function RequestView({ request }: { request: SentRequest }) {
  const { method, url, headers, body } = request;
  return (
    <div className="flex flex-col gap-3">
      <p className="font-mono text-xs leading-5 break-all">
        <span className="font-semibold">{method}</span> {visible(url)}
      </p>
      <Headers label="Headers of the request" headers={headers} />
      {body !== null && body !== undefined && body !== '' && <CodeBlock label="body of the request" text={bodyText(body)} maxHeight="16rem" />}
    </div>
  );
}

/** The field's path as the panel has it. */
function fieldOf(at: string | undefined): string {
  return (at ?? '').replace(/^(nodes\.[^.[]+|node)\.?/, '');
}

export function Remarks({ remarks, severity = 'warning' }: { remarks: Remark[]; severity?: string }) {
  return (
    <ul className="flex flex-col gap-1.5">
      {remarks.map((remark, index) => (
        <li key={index} className="flex gap-1.5 text-sm">
          <SeverityIcon severity={severity} />
          <span className="min-w-0 break-words">
            {fieldOf(remark.at) && <span className="font-mono text-xs text-ink-3">{fieldOf(remark.at)} </span>}
            {visible(remark.message.replace(/^nodes\.[^.[]+\./, ''))}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The whole request as it would be sent, and what is decided of it already. */
export function PreviewView({ preview }: { preview: CallPreview }) {
  const { request, invalid, problems, verdict, retry, fed } = preview;
  return (
    <div className="flex flex-col gap-3">
      {invalid.length > 0 && (
        <div role="alert">
          <p className="mb-1 text-sm font-medium">It cannot be sent like this</p>
          <Remarks remarks={invalid} severity="error" />
        </div>
      )}
      {request && <RequestView request={request} />}
      {verdict && (
        <p className="flex gap-1.5 text-sm">
          {verdict.allow ? <ShieldCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" /> : <ShieldX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />}
          <span className="min-w-0 break-words">{verdict.allow ? `The guard lets calls to ${verdict.host} pass.` : `The guard refuses it (${verdict.reason}). ${verdict.message}`}</span>
        </p>
      )}
      {retry && (
        <p className="text-xs text-ink-3">
          {retry.maxAttempts > 1 ? `Up to ${retry.maxAttempts} attempts within ${formatMs(retry.withinMs)}, each up to ${formatMs(retry.timeoutMs)}. ` : `One attempt, up to ${formatMs(retry.timeoutMs)}. `}
          {retry.rule[0]?.toUpperCase() + retry.rule.slice(1)}.
        </p>
      )}
      {fed.length > 0 && (
        <ul aria-label="What fed what" className="flex flex-col gap-1 font-mono text-xs text-ink-2">
          {fed.map(({ at, reads }) => (
            <li key={at} className="flex flex-wrap items-center gap-1.5">
              <span className="break-all">{reads.join(', ')}</span>
              <ArrowRight aria-label="feeds" className="size-3 shrink-0 text-ink-3" />
              <span className="break-all">{fieldOf(at)}</span>
            </li>
          ))}
        </ul>
      )}
      {problems.length > 0 && <Remarks remarks={problems} />}
    </div>
  );
}
