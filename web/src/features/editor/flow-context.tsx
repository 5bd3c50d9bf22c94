// What panels know of the open draft: its variables, its problems, the values that the person tries with.
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { FlowContextValue, KnownVariable, SampleScope } from '@/flow/context';
import type { FlowDoc } from '@/flow/document/types';
import { useSession } from '@/shared/api/session';
import { latestStartQuery, variablesQuery } from './api';
import type { Draft, DraftState } from './draft/draft';

/** What an event of this flow may look like, until the person says better. */
function firstSamples(doc: FlowDoc): SampleScope {
  const event: Record<string, unknown> = doc.trigger.type === 'event' && typeof doc.trigger.event === 'string' ? { name: doc.trigger.event } : {};
  // What templates read of the event is there, empty, for the person to fill in.
  for (const [, path] of JSON.stringify(doc.nodes).matchAll(/\bevent\.([A-Za-z_][A-Za-z0-9_]*)/g)) event[path!] ??= '';
  return { event, contact: {}, vars: {} };
}

function readSamples(key: string): SampleScope | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? 'null') as SampleScope | null;
    return kept && typeof kept.event === 'object' && typeof kept.contact === 'object' && typeof kept.vars === 'object' ? kept : null;
  } catch {
    return null;
  }
}

const none: KnownVariable[] = [];

export function useFlowContext({ slug, doc, readOnly, draft, state }: { slug: string; doc: FlowDoc; readOnly: boolean; draft: Draft; state: DraftState }): FlowContextValue {
  const key = `callout.samples.${useSession().org}.${slug}`;
  const [own, setOwn] = useState(() => readSamples(key));
  const [first] = useState(() => firstSamples(doc));
  const latest = useQuery({ ...latestStartQuery(slug), enabled: own === null }).data;
  const samples = useMemo(() => own ?? (latest ? { ...first, ...latest, event: { ...first.event, ...latest.event } } : first), [own, first, latest]);
  const variables = useQuery(variablesQuery(slug, state.revision)).data;
  const { problems } = state;
  return useMemo(
    () => ({
      slug,
      doc,
      readOnly,
      samples,
      setSamples(next) {
        setOwn(next);
        localStorage.setItem(key, JSON.stringify(next));
      },
      variablesAt: (node) =>
        variables?.nodes[node]?.map(({ name, certain, setBy, type }) => ({ name, maybeUnset: !certain, setBy, ...(type ? { type } : {}) })) ?? none,
      problemsAt: (node) => problems.filter(({ at }) => at === `nodes.${node}` || at.startsWith(`nodes.${node}.`)),
      saved: () => draft.saved(),
    }),
    [slug, doc, readOnly, samples, key, variables, problems, draft],
  );
}
