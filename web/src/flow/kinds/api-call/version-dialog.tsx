import { useQuery } from '@tanstack/react-query';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { integrationDiffQuery, type Change } from './api';
import { Words } from '@/shared/ui/words';
import { sentence } from '@/shared/api/client';

interface VersionDialogProps {
  open: boolean;
  onClose(): void;
  slug: string;
  from: number;
  to: number;
  /** Its changes come first. */
  operation: string;
  readOnly: boolean;
  onMove(): void;
}

/** What a newer version of the integration changes, before the pin is moved. */
export function VersionDialog({ open, onClose, slug, from, to, operation, readOnly, onMove }: VersionDialogProps) {
  const diff = useQuery({ ...integrationDiffQuery(slug, from, to), enabled: open });
  const changes = diff.data ?? [];
  const here = changes.filter((change) => change.operation === operation || change.operation === null);
  const elsewhere = changes.filter((change) => !here.includes(change));
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`From version ${from} to ${to}`}
      description="This step calls the version that it pins, until you move it."
      footer={
        <>
          <Button onClick={onClose}>Stay on version {from}</Button>
          {!readOnly && (
            <Button
              look="primary"
              disabled={!diff.data}
              onClick={() => {
                onMove();
                onClose();
              }}
            >
              Move to version {to}
            </Button>
          )}
        </>
      }
    >
      {diff.isPending && <Skeleton rows={4} label="Comparing" />}
      {diff.isError && <ErrorState error={diff.error} onRetry={() => void diff.refetch()} />}
      {diff.data && (
        <div className="flex flex-col gap-4">
          <Changes title={operation ? `Of ${operation}` : 'Of all operations'} changes={here} none="Nothing that this step sends or reads changes." />
          {elsewhere.length > 0 && <Changes title="Of other operations" changes={elsewhere} none="" />}
        </div>
      )}
    </Dialog>
  );
}

function Changes({ title, changes, none }: { title: string; changes: Change[]; none: string }) {
  return (
    <section>
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      {changes.length === 0 && (
        <p className="flex items-center gap-1.5 text-sm text-ink-2">
          <CircleCheck aria-hidden className="size-4 text-ok" />
          {none}
        </p>
      )}
      <ul className="flex flex-col gap-1.5">
        {changes.map((change, index) => (
          <li key={index} className="flex items-start gap-2 text-sm">
            {change.breaking ? (
              <Badge tone="bad" icon={<TriangleAlert aria-hidden />}>
                breaking
              </Badge>
            ) : (
              <Badge>compatible</Badge>
            )}
            <span className="min-w-0 break-words"><Words text={sentence(change.message)} /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}
