import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Workflow } from 'lucide-react';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { usesQuery, type Uses } from './api';

interface UsesTabProps {
  slug: string;
  latest: number | null;
  onMovePins?(to: number): void;
}

type Use = Uses['flows'][number];

function pinsOf(use: Use): { id: string; version?: number | null }[] {
  return use.nodes.map((node) => (typeof node === 'string' ? { id: node } : { id: node.node ?? node.id ?? '', version: node.version }));
}

/** The flows that call it, with the version that each step pins. */
export function UsesTab({ slug, latest, onMovePins }: UsesTabProps) {
  const uses = useQuery(usesQuery(slug));
  if (uses.isPending) return <Skeleton label="Loading the uses" />;
  if (uses.isError) return <ErrorState error={uses.error} onRetry={() => void uses.refetch()} />;
  const { flows } = uses.data;
  if (flows.length === 0) {
    return (
      <EmptyState icon={<Workflow aria-hidden />} title="No flow calls it yet">
        In a flow, add an API call and choose this integration.
      </EmptyState>
    );
  }
  const older = latest !== null && flows.some((use) => pinsOf(use).some(({ version }) => typeof version === 'number' && version < latest));
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
                {pinsOf(use).map(({ id, version }, index) => (
                  <Badge key={index} tone={typeof version === 'number' && latest !== null && version < latest ? 'warn' : 'neutral'}>
                    {id}
                    {typeof version === 'number' && ` · version ${version}`}
                  </Badge>
                ))}
              </span>
            ),
          },
          { key: 'where', header: 'In', from: 'sm', cell: ({ draft, published }) => [published ? `version ${published}` : '', draft ? 'draft' : ''].filter(Boolean).join(' and ') },
        ]}
      />
    </div>
  );
}
