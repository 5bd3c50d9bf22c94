import { CircleCheck, CircleX } from 'lucide-react';
import { formatBytes, formatMs } from '@/shared/lib/format';
import { cn } from '@/shared/lib/cn';
import { OutcomeBadge } from '@/shared/ui/badge';
import { CodeBlock } from '@/shared/ui/code';
import { JsonTree } from '@/shared/ui/json-tree';
import { Words } from '@/shared/ui/words';
import type { TestResult } from './api';

interface Request {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: unknown;
}
interface Response {
  status: number;
  body?: unknown;
  bytes?: number;
}

/** The request as text: what was sent, its credentials masked. */
function requestText({ method, url, headers = {}, body }: Request): string {
  const head = [`${method} ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\n');
  return body === null || body === undefined ? head : `${head}\n\n${typeof body === 'string' ? body : JSON.stringify(body, null, 2)}`;
}

/** How the test ended, and the call that it made. */
export function TestOutcome({ result: { ok, text, call } }: { result: TestResult }) {
  const request = call.request as Request | null;
  const response = call.response as Response | null;
  const { durationMs, error } = call as { durationMs?: number; error?: { message?: string } | null };
  return (
    <section role="status" aria-label="The test" className={cn('rounded-lg border bg-surface shadow-card', ok ? 'border-line' : 'border-bad')}>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2.5">
        {ok ? <CircleCheck aria-hidden className="size-4 text-ok" /> : <CircleX aria-hidden className="size-4 text-bad" />}
        <h2 className="text-sm font-semibold">{ok ? 'The test passed' : 'The test failed'}</h2>
        {call.outcome && <OutcomeBadge outcome={call.outcome} />}
        <span className="text-xs text-ink-3">{[durationMs !== undefined && formatMs(durationMs), response?.bytes !== undefined && formatBytes(response.bytes)].filter(Boolean).join(' · ')}</span>
      </header>
      <div className="flex flex-col gap-3 p-4">
        <p className="break-words">
          <Words text={text} />
        </p>
        {error?.message && !text.includes(error.message) && <p className="break-words text-bad">{error.message}</p>}
        <div className="grid gap-3 lg:grid-cols-2">
          {request && (
            <div className="min-w-0">
              <h3 className="mb-1 text-xs font-medium text-ink-2">Request, credentials masked</h3>
              <CodeBlock label="the request" text={requestText(request)} maxHeight="16rem" />
            </div>
          )}
          {response && (
            <div className="min-w-0">
              <h3 className="mb-1 text-xs font-medium text-ink-2">Answer</h3>
              {/* A box that scrolls must be reachable with keys. */}
              {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
              <div role="region" aria-label="The answer" tabIndex={0} className="max-h-64 overflow-auto rounded-md border bg-sunken p-2">
                {typeof response.body === 'object' && response.body !== null ? <JsonTree label="The answer's body" value={response.body} /> : <pre className="font-mono text-xs break-all whitespace-pre-wrap">{String(response.body ?? 'No body.')}</pre>}
              </div>
            </div>
          )}
        </div>
      </div>
    </section>
  );
}
