// A request as it was sent, and what came back.
import { visible } from '@/shared/lib/visible';
import { CopyButton } from '@/shared/ui/copy';
import { Section } from '@/shared/ui/section';
import { Body } from './body';
import type { Headers, RequestRecord, ResponseRecord } from './types';

function rows(headers: Headers): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)]));
}

function headerOf(headers: Headers | string, name: string): string | undefined {
  if (typeof headers === 'string') return undefined;
  return rows(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

export function HeaderList({ headers, label }: { headers: Headers | string; label: string }) {
  if (typeof headers === 'string') return <p className="text-ink-3">Hidden ({headers}).</p>;
  const list = rows(headers);
  if (list.length === 0) return <p className="text-ink-3">None.</p>;
  return (
    <dl aria-label={label} className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-4 gap-y-1 font-mono text-xs">
      {list.map(([name, value], index) => (
        <div key={index} className="contents">
          <dt className="break-all text-ink-3">{visible(name)}</dt>
          <dd className="min-w-0 break-all">{visible(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function count(headers: Headers | string): string {
  return typeof headers === 'string' ? 'hidden' : String(rows(headers).length);
}

export function RequestView({ request }: { request: RequestRecord }) {
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex items-start gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
        <span className="py-1 font-mono text-xs font-semibold">{request.method}</span>
        <span className="min-w-0 flex-1 py-1 font-mono text-xs break-all">{visible(request.url)}</span>
        <CopyButton text={request.url} label="Copy the URL" />
      </div>
      <div>
        <Section title="Headers" note={count(request.headers)}>
          <HeaderList headers={request.headers} label="Request headers" />
        </Section>
        <Section title="Body" open>
          <Body body={request.body} label="the request's body" cut={request.bodyCut} type={headerOf(request.headers, 'content-type')} />
        </Section>
      </div>
    </div>
  );
}

export function ResponseView({ response }: { response: ResponseRecord }) {
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <p className="rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs">
        <span className="font-semibold">{response.status}</span> {visible(headerOf(response.headers, 'content-type') ?? '')}
      </p>
      <div>
        <Section title="Headers" note={count(response.headers)}>
          <HeaderList headers={response.headers} label="Response headers" />
        </Section>
        <Section title="Body" open>
          <Body body={response.body} label="the response's body" bytes={response.bytes} cut={response.bodyCut} />
        </Section>
      </div>
    </div>
  );
}
