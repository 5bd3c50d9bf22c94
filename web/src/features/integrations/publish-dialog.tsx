import { useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { diffQuery, DiffView } from '@/flow/integration-diff';
import { ApiError, type Found } from '@/shared/api/client';
import { plural } from '@/shared/lib/format';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { ProblemList, Refusal } from '@/shared/ui/problem-list';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { usePublish, type Integration } from './api';

interface PublishDialogProps {
  integration: Integration;
  revision: string;
  onProblems(problems: Found[]): void;
  onClose(): void;
  onMovePins(to: number): void;
}

/** What publishing would change and whom it concerns; then the version, and the way to move pins. */
export function PublishDialog({ integration, revision, onProblems, onClose, onMovePins }: PublishDialogProps) {
  const { slug, version } = integration;
  const publish = usePublish(slug);
  const done = publish.data;
  // Asked for once: after publishing the draft differs from nothing.
  const diff = useQuery({ ...diffQuery(slug), enabled: Boolean(version) && !done, staleTime: Infinity, gcTime: 0 });
  const flows = diff.data?.flows.length ?? 0;
  const go = () =>
    publish.mutate(revision, {
      onSuccess: ({ problems }) => onProblems(problems),
      onError: (error) => error instanceof ApiError && error.problem.problems && onProblems(error.problem.problems),
    });
  const footer = done ? (
    <>
      <Button onClick={onClose}>Done</Button>
      {flows > 0 && (
        <Button look="primary" onClick={() => onMovePins(done.version)}>
          Move the pins of {plural(flows, 'flow')}…
        </Button>
      )}
    </>
  ) : (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" busy={publish.isPending} onClick={go}>
        Publish version {(version ?? 0) + 1}
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} size="lg" title={done ? 'Published' : `Publish ${integration.name || slug}`} description={done ? undefined : 'A version never changes. Flows go on with the one that they pin.'} footer={footer}>
      {done ? (
        <Published version={done.version} fresh={done.new} problems={done.problems} flows={flows} />
      ) : (
        <div className="flex flex-col gap-3">
          <Refusal error={publish.error} />
          {!version ? (
            <p className="text-ink-2">This is its first version. From then on flows can call it and connections be made for it.</p>
          ) : diff.isPending ? (
            <Skeleton rows={4} label="Comparing" />
          ) : diff.isError ? (
            <ErrorState error={diff.error} onRetry={() => void diff.refetch()} />
          ) : (
            <DiffView diff={diff.data} />
          )}
        </div>
      )}
    </Dialog>
  );
}

function Published({ version, fresh, problems, flows }: { version: number; fresh: boolean; problems: Found[]; flows: number }) {
  return (
    <div className="flex flex-col gap-3">
      <p role="status" className="flex items-center gap-2">
        <CircleCheck aria-hidden className="size-4 text-ok" />
        {fresh ? `Version ${version} is published.` : `The draft is as version ${version}: no new version was needed.`}
      </p>
      {flows > 0 && <p className="text-ink-2">{flows === 1 ? 'One published flow goes' : `${flows} published flows go`} on with an older version until their pins are moved.</p>}
      {problems.length > 0 && <ProblemList problems={problems} />}
    </div>
  );
}
