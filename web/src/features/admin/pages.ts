// Lists that come in pages, read on demand.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

interface PageOf<T> {
  items: T[];
  next?: string | null;
}

/** A list of the API: its items so far, and the way to more. */
export function usePages<T>(key: readonly unknown[], read: (cursor: string | undefined) => Promise<PageOf<T>>) {
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  return { list, items: list.data?.pages.flatMap((page) => page.items) ?? [] };
}
