import { useQuery } from '@tanstack/react-query';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { diffQuery } from './api';
import { DiffView } from './diff-view';

interface IntegrationDiffProps {
  slug: string;
  /** A version or `draft`; the newest version where it is not given. */
  from?: string;
  /** A version or `draft`, which it is where it is not given. */
  to?: string;
  /** Only what concerns this operation's callers. */
  operation?: string;
}

/** What changed between two versions of an integration, and which flows it concerns. */
export function IntegrationDiff({ slug, from, to, operation }: IntegrationDiffProps) {
  const diff = useQuery(diffQuery(slug, from, to));
  if (diff.isPending) return <Skeleton rows={4} label="Comparing" />;
  if (diff.isError) return <ErrorState error={diff.error} onRetry={() => void diff.refetch()} />;
  return <DiffView diff={diff.data} operation={operation} />;
}
