import type { ReactNode } from 'react';
import { Button } from '@/shared/ui/button';
import { ErrorState, Skeleton } from '@/shared/ui/states';

interface PagedProps {
  list: {
    isPending: boolean;
    isError: boolean;
    error: unknown;
    data?: unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    refetch(): unknown;
    fetchNextPage(): unknown;
  };
  /** What is listed, in the plural: `members`. */
  what: string;
  empty: boolean;
  whenEmpty: ReactNode;
  children: ReactNode;
}

/** A list in each of its states, with the way to more of it. */
export function Paged({ list, what, empty, whenEmpty, children }: PagedProps) {
  if (list.isPending) return <Skeleton rows={8} label={`Loading the ${what}`} />;
  if (list.isError && !list.data) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (empty) return whenEmpty;
  return (
    <>
      {children}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more {what}
        </Button>
      )}
    </>
  );
}
