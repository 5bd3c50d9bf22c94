import type { ReactNode } from 'react';
import { formatBytes, formatMs } from '@/shared/lib/format';
import { Code } from '@/shared/ui/code';
import { Card } from '@/shared/ui/page';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import type { Egress } from './api';

/** What calls may reach, as the server's configuration says it. */
export function EgressPolicy({ egress, error, onRetry }: { egress?: Egress; error: unknown; onRetry(): void }) {
  return (
    <Card title="What calls may reach">
      {Boolean(error) && !egress && <ErrorState error={error} onRetry={onRetry} />}
      {!error && !egress && <Skeleton rows={4} label="Loading the policy" />}
      {egress && <Policy egress={egress} />}
    </Card>
  );
}

function Policy({ egress }: { egress: Egress }) {
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-2xl text-ink-2">
        Set under <Code>[egress]</Code> in <Code>callout.toml</Code> by whoever runs the server; it holds from the next start on. Public https addresses can always be reached; private, local and reserved ones only where a line below allows them.
      </p>
      <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-[12rem_1fr]">
        <Line name="Allowed addresses">
          {egress.allow.length === 0 ? (
            'Public ones alone.'
          ) : (
            <ul className="flex flex-col gap-1">
              {egress.allow.map(({ host, cidr }) => (
                <li key={`${host} ${cidr}`}>
                  <Code>{host}</Code> at <Code>{cidr}</Code>
                </li>
              ))}
            </ul>
          )}
        </Line>
        <Line name="Hosts over plain http">{egress.httpHosts.length === 0 ? 'None: https alone.' : egress.httpHosts.includes('*') ? 'All of them.' : <Codes items={egress.httpHosts} />}</Line>
        <Line name="Ports">{!egress.ports ? 'All.' : <Codes items={egress.ports.map(String)} />}</Line>
        <Line name="Proxy">{egress.proxy ? <Code>{egress.proxy}</Code> : 'None.'}</Line>
        <Line name="Source address">{egress.sourceAddress ? <Code>{egress.sourceAddress}</Code> : 'The system chooses.'}</Line>
        <Line name="DNS servers">{egress.dns.length === 0 ? 'The system’s.' : <Codes items={egress.dns} />}</Line>
        <Line name="Certificates">{egress.caFile ? 'The public authorities, and those of a file on the server.' : 'The public authorities.'}</Line>
        <Line name="Largest answer">{formatBytes(egress.responseBytesMax)}, where a node says nothing else.</Line>
        <Line name="Longest time-out">{formatMs(egress.timeoutMsMax)}</Line>
        <Line name="Connections at once">
          {egress.maxConnections} for each connection, or host without one; a call waits {formatMs(egress.connectionWaitMs)} for one.
        </Line>
      </dl>
    </div>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="font-medium text-ink-2">{name}</dt>
      <dd className="min-w-0 break-words max-sm:-mt-2">{children}</dd>
    </div>
  );
}

function Codes({ items }: { items: string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {items.map((item) => (
        <Code key={item}>{item}</Code>
      ))}
    </span>
  );
}
