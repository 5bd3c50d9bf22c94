import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { History, Workflow } from 'lucide-react';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { usesQuery, type Pin } from './api';

interface UsesTabProps {
  slug: string;
  latest: number | null;
  onMovePins?(to: number): void;
}

/** `version 1`, and where the draft pins another `version 1, draft 2`. */
function pinText({ draft, published }: Pin): string {
  if (!published) return draft ? `draft ${draft}` : 'no version yet';
  return draft && draft !== published ? `version ${published}, draft ${draft}` : `version ${published}`;
}

const isOlder = ({ draft, published }: Pin, latest: number | null) => latest !== null && Math.min(draft ?? latest, published ?? latest) < latest;

/** The flows that call it, with the version that each step pins. */
export function UsesTab({ slug, latest, onMovePins }: UsesTabProps) {
  const uses = useQuery(usesQuery(slug));
  if (uses.isPending) return <Skeleton label="Loading the uses" />;
  if (uses.isError) return <ErrorState error={uses.error} onRetry={() => void uses.refetch()} />;
  const { flows, complete } = uses.data;
  if (flows.length === 0) {
    return (
      <EmptyState icon={<Workflow aria-hidden />} title="No flow calls it yet">
        In a flow, add an API call and choose this integration.
      </EmptyState>
    );
  }
  const older = latest !== null && flows.some(({ nodes }) => nodes.some((pin) => isOlder(pin, latest)));
  return (
    <div className="flex flex-col gap-3">
      {older && onMovePins && (
        <Button className="self-end" onClick={() => onMovePins(latest)}>
          Move pins to version {latest}…
        </Button>
      )}
      <Table
        label="Flows that call it"
        rows={flows}
        rowKey={(use) => use.slug}
        columns={[
          {
            key: 'flow',
            header: 'Flow',
            cell: (use) => (
              <Link to="/flows/$slug" params={{ slug: use.slug }} className="font-medium break-words hover:underline">
                {use.name || use.slug}
              </Link>
            ),
          },
          {
            key: 'steps',
            header: 'Steps',
            cell: (use) => (
              <span className="flex flex-wrap gap-1">
                {use.nodes.map((pin) => (
                  <Badge key={pin.id} tone={isOlder(pin, latest) ? 'warn' : 'neutral'} icon={isOlder(pin, latest) && <History aria-label="Older version" />}>
                    {pin.id} · {pinText(pin)}
                  </Badge>
                ))}
              </span>
            ),
          },
          { key: 'where', header: 'In', from: 'sm', cell: ({ draft, published }) => [published ? `version ${published}` : '', draft ? 'draft' : ''].filter(Boolean).join(' and ') },
        ]}
      />
      {!complete && <p className="text-xs text-ink-3">There may be more: only the first 500 documents that may use it are looked into.</p>}
    </div>
  );
}
