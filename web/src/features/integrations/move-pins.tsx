import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowRight, CircleCheck, CircleMinus } from 'lucide-react';
import { useState } from 'react';
import { plural } from '@/shared/lib/format';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { ProblemList, Refusal } from '@/shared/ui/problem-list';
import { Skeleton } from '@/shared/ui/states';
import { Checkbox, Switch } from '@/shared/ui/toggle';
import { upgrade, type Upgraded } from './api';

/** Moves the pins of flows to a version: first what would be done, then it is done. */
export function MovePins({ slug, to, onClose }: { slug: string; to: number; onClose(): void }) {
  const queries = useQueryClient();
  const [publish, setPublish] = useState(true);
  const [left, setLeft] = useState<string[]>([]);
  const [names, setNames] = useState<string[]>([]);
  const flows = left.length > 0 ? names.filter((name) => !left.includes(name)) : undefined;
  const all = useQuery({
    queryKey: ['integrations', slug, 'pins', to, publish, flows],
    queryFn: () => upgrade(slug, { to, publish, dryRun: true, flows }),
    retry: false,
    gcTime: 0,
    staleTime: 0,
  });
  const seen = all.data ? [...all.data.flows, ...all.data.skipped].map((flow) => flow.slug) : namesIn(all.error);
  if (seen.some((name) => !names.includes(name))) setNames([...new Set([...names, ...seen])]);
  const move = useMutation({
    mutationFn: () => upgrade(slug, { to, publish, dryRun: false, flows }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['integrations', slug, 'uses'] });
      void queries.invalidateQueries({ queryKey: ['integrations', slug, 'diff'] });
      void queries.invalidateQueries({ queryKey: ['flows'] });
    },
  });
  const count = all.data?.flows.length ?? 0;
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={move.data ? 'Pins moved' : `Move pins to version ${to}`}
      description={move.data ? undefined : 'All of it or nothing: every flow is checked with its pins moved first. Runs under way end with what they began with.'}
      footer={
        move.data ? (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" disabled={count === 0 || all.isFetching} busy={move.isPending} onClick={() => move.mutate()}>
              {publish ? `Move and publish ${plural(count, 'flow')}` : `Move in ${plural(count, 'draft')}`}
            </Button>
          </>
        )
      }
    >
      {move.data ? (
        <Result result={move.data} done />
      ) : (
        <div className="flex flex-col gap-4">
          <Switch label="Publish the flows too" checked={publish} onChange={setPublish} hint={publish ? 'New runs use the new version at once.' : 'Only their drafts are written; nothing runs otherwise yet.'} />
          {all.isPending ? <Skeleton rows={3} label="Checking the flows" /> : all.isError ? <Refusal error={all.error} /> : <Result result={all.data} />}
          {(names.length > 1 || left.length > 0) && <Which names={names} left={left} onChange={setLeft} />}
          <Refusal error={move.error} />
        </div>
      )}
    </Dialog>
  );
}

/** The flow that a refusal names first: `lookup` would have errors. */
function namesIn(error: unknown): string[] {
  const name = error instanceof Error ? /^`([a-z0-9-]+)`/.exec(error.message)?.[1] : undefined;
  return name ? [name] : [];
}

function Which({ names, left, onChange }: { names: string[]; left: string[]; onChange(left: string[]): void }) {
  return (
    <fieldset className="flex flex-col gap-1.5 border-t pt-3">
      <legend className="float-left mb-1 text-xs font-medium text-ink-2">Which flows</legend>
      {names.map((name) => (
        <Checkbox key={name} label={name} checked={!left.includes(name)} onChange={(on) => onChange(on ? left.filter((item) => item !== name) : [...left, name])} />
      ))}
    </fieldset>
  );
}

function Result({ result: { flows, skipped }, done }: { result: Upgraded; done?: boolean }) {
  if (flows.length === 0 && skipped.length === 0) return <p className="text-ink-2">No published flow pins another version.</p>;
  return (
    <ul aria-label={done ? 'Moved' : 'What would be done'} className="flex flex-col gap-2">
      {flows.map(({ slug, nodes, version, problems }) => (
        <li key={slug} className="flex items-start gap-2">
          {done ? <CircleCheck role="img" aria-label="Done" className="mt-0.5 size-4 shrink-0 text-ok" /> : <ArrowRight role="img" aria-label="Will move" className="mt-0.5 size-4 shrink-0 text-ink-3" />}
          <div className="min-w-0">
            <p className="break-words">
              <span className="font-medium">{slug}</span>: {plural(nodes.length, 'step')} (<span className="font-mono text-xs">{nodes.join(', ')}</span>){version && `, published as version ${version}`}
            </p>
            {problems.length > 0 && <ProblemList problems={problems} />}
          </div>
        </li>
      ))}
      {skipped.map(({ slug, reason }) => (
        <li key={slug} className="flex items-start gap-2 text-ink-2">
          <CircleMinus role="img" aria-label="Left alone" className="mt-0.5 size-4 shrink-0 text-warn" />
          <span className="min-w-0 break-words">
            <span className="font-medium">{slug}</span>: {reason}
          </span>
        </li>
      ))}
    </ul>
  );
}
