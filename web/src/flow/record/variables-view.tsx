import { ArrowRight } from 'lucide-react';
import { Badge } from '@/shared/ui/badge';
import { Section } from '@/shared/ui/section';
import { JsonTree } from '@/shared/ui/json-tree';
import { Tree } from './body';
import { changes, type Change, type Variables } from './variables';

/** What a step made of the variables: the changed ones first, all of them below. */
export function VariablesView({ before, after }: { before: Variables; after: Variables }) {
  const changed = changes(before, after);
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {changed.length === 0 ? (
        <p className="text-ink-2">This step changed no variable.</p>
      ) : (
        <ul aria-label="Changed variables" className="flex flex-col divide-y divide-line rounded-md border border-line">
          {changed.map((change) => (
            <ChangeRow key={change.name} change={change} />
          ))}
        </ul>
      )}
      <div>
        <Section title="All variables before" note={String(Object.keys(before).length)}>
          <Tree value={before} label="Variables before" openDepth={1} />
        </Section>
        <Section title="All variables after" note={String(Object.keys(after).length)}>
          <Tree value={after} label="Variables after" openDepth={1} />
        </Section>
      </div>
    </div>
  );
}

const kinds = { set: 'ok', changed: 'accent', cleared: 'neutral' } as const;

function ChangeRow({ change }: { change: Change }) {
  return (
    <li className="flex flex-col gap-1 px-3 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-mono text-xs font-semibold break-all">{change.name}</span>
        <Badge tone={kinds[change.kind]}>{change.kind}</Badge>
      </div>
      <div className="flex min-w-0 flex-wrap items-start gap-2">
        {change.kind !== 'set' && (
          <div className="min-w-0 text-ink-3">
            <JsonTree value={change.before} label={`${change.name} before`} openDepth={0} />
          </div>
        )}
        {change.kind === 'changed' && <ArrowRight role="img" aria-label="became" className="mt-0.5 size-4 shrink-0 text-ink-3" />}
        {change.kind !== 'cleared' && (
          <div className="min-w-0">
            <JsonTree value={change.after} label={`${change.name} after`} openDepth={0} />
          </div>
        )}
      </div>
    </li>
  );
}
