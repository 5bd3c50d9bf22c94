import { Link } from '@tanstack/react-router';
import { CircleCheck, Minus, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { sentence } from '@/shared/api/client';
import { plural } from '@/shared/lib/format';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Words } from '@/shared/ui/words';
import type { Change, IntegrationDiff } from './api';

/** The most operations that are drawn before asking. */
const shownMax = 30;

/** The changes by operation, what breaks first, and the flows that pin an older version. */
export function DiffView({ diff, operation }: { diff: IntegrationDiff; operation?: string }) {
  const [all, setAll] = useState(false);
  const changes = operation === undefined ? diff.changes : diff.changes.filter((change) => change.operation === undefined || change.operation === operation);
  const groups = grouped(changes);
  const breaking = changes.filter((change) => change.breaking).length;
  const flows = operation === undefined ? diff.flows : diff.flows.filter(({ calls }) => calls.some((call) => call.operation === operation));
  return (
    <div className="flex flex-col gap-4">
      <p className="flex flex-wrap items-center gap-2">
        {breaking > 0 ? (
          <Badge tone="bad" icon={<TriangleAlert aria-hidden />}>
            {breaking} breaking
          </Badge>
        ) : (
          <Badge tone="ok" icon={<CircleCheck aria-hidden />}>
            Nothing breaks
          </Badge>
        )}
        <span className="text-ink-2">{changes.length === 0 ? 'The two say the same.' : `${plural(changes.length, 'change')}, ${nameOf(diff.from)} to ${nameOf(diff.to)}`}</span>
      </p>
      {(all ? groups : groups.slice(0, shownMax)).map(([name, list]) => (
        <Group key={name} name={name} changes={list} />
      ))}
      {!all && groups.length > shownMax && (
        <Button className="self-start" onClick={() => setAll(true)}>
          Show {groups.length - shownMax} more operations
        </Button>
      )}
      {flows.length > 0 && <Flows flows={flows} />}
    </div>
  );
}

function nameOf(version: string): string {
  return version === 'draft' ? 'the draft' : `version ${version}`;
}

/** By operation; groups with something that breaks come first. */
function grouped(changes: Change[]): [string, Change[]][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const name = change.operation ?? '';
    groups.set(name, [...(groups.get(name) ?? []), change]);
  }
  const breaks = (list: Change[]) => (list.some((change) => change.breaking) ? 0 : 1);
  return [...groups].sort(([, a], [, b]) => breaks(a) - breaks(b));
}

function Group({ name, changes }: { name: string; changes: Change[] }) {
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium break-all">{name ? <span className="font-mono">{name}</span> : 'The integration itself'}</h3>
      <Changes changes={changes} />
    </section>
  );
}

function Changes({ changes }: { changes: Change[] }) {
  const sorted = [...changes].sort((a, b) => Number(b.breaking) - Number(a.breaking));
  return (
    <ul className="flex flex-col gap-1">
      {sorted.map((change, index) => (
        <li key={index} className="flex items-start gap-2">
          {change.breaking ? (
            <TriangleAlert role="img" aria-label="Breaking" className="mt-0.5 size-4 shrink-0 text-bad" />
          ) : (
            <Minus role="img" aria-label="Not breaking" className="mt-0.5 size-4 shrink-0 text-ink-3" />
          )}
          <span className="min-w-0 break-words">
            <Words text={sentence(change.message)} />
            <span className="ml-1.5 text-xs text-ink-3">{change.what}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Flows({ flows }: { flows: IntegrationDiff['flows'] }) {
  return (
    <section className="flex flex-col gap-2 border-t pt-3">
      <h3 className="text-sm font-medium">{plural(flows.length, 'published flow')} pinning an older version</h3>
      <ul className="flex flex-col gap-2">
        {flows.map((flow) => (
          <li key={flow.slug} className="rounded-md border px-3 py-2">
            <Link to="/flows/$slug" params={{ slug: flow.slug }} className="font-medium text-accent-text hover:underline">
              {flow.slug}
            </Link>
            <ul className="mt-1 flex flex-col gap-1.5">
              {flow.calls.map((call) => (
                <li key={call.node}>
                  <p className="text-xs break-words text-ink-2">
                    Step <span className="font-mono">{call.node}</span> calls <span className="font-mono">{call.operation}</span> of version {call.version}
                    {call.changes.length === 0 && ': nothing that it sends or reads changed'}
                  </p>
                  {call.changes.length > 0 && <Changes changes={call.changes} />}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}
