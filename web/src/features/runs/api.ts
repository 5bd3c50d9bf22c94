// The runs as the server has them: the list with its filters, and one run.
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api, unwrap, type Schemas } from '@/shared/api/client';
import { useStream, type StreamState } from '@/shared/api/streams';
import { useLatest } from '@/shared/lib/hooks';
import { toQuery, type RunFilters } from './filters';

export type RunLine = Schemas['RunLine'];

interface RunPage {
  items: RunLine[];
  next?: string | null;
}

type Pages = InfiniteData<RunPage>;

const pageSize = 50;

function fetchPage(filters: RunFilters, cursor: string | null): Promise<RunPage> {
  const query = { ...toQuery(filters, Date.now()), limit: pageSize, ...(cursor ? { cursor } : {}) };
  return unwrap(api.GET('/v1/runs', { params: { query } }));
}

const runsKey = (filters: RunFilters) => ['runs', filters] as const;

export function useRuns(filters: RunFilters) {
  return useInfiniteQuery({
    queryKey: runsKey(filters),
    queryFn: ({ pageParam }) => fetchPage(filters, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next || null,
    placeholderData: (before) => before,
  });
}

/** The pages with these lines: known ones as they are now, others on top, the latest first. */
export function mergeLines(pages: Pages, lines: RunLine[]): Pages {
  const fresh = new Map(lines.map((line) => [line.id, line]));
  const known = pages.pages.map((page) => ({
    ...page,
    items: page.items.map((item) => {
      const now = fresh.get(item.id);
      fresh.delete(item.id);
      return now ?? item;
    }),
  }));
  const top = [...fresh.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  if (top.length === 0 || !known[0]) return { ...pages, pages: known };
  return { ...pages, pages: [{ ...known[0], items: [...top, ...known[0].items] }, ...known.slice(1)] };
}

export type Liveness = 'live' | 'polling' | 'paused';

const pollMs = 5_000;
/** The stream tells what its own process does: where there are several, the others' runs come this way. */
const calmMs = 30_000;
/** A run that comes while other filters than flow and status are set: the server says whether it fits, asked at most this often. */
const settleMs = 1_000;

function streamPath({ flow, status }: RunFilters): string {
  const query = new URLSearchParams({ ...(flow ? { flow } : {}), ...(status ? { status } : {}) }).toString();
  return `/v1/runs/stream${query ? `?${query}` : ''}`;
}

/** Keeps the list as it is on the server: by its stream, and by asking again where that is lost. */
export function useLiveRuns(filters: RunFilters, paused: boolean): Liveness {
  const queries = useQueryClient();
  const judged = Boolean(filters.search || filters.outcome || filters.contact);
  // What the stream told while a page was on its way is newer than what the page says of it.
  const told = useRef(new Set<string>());
  const refresh = useLatest(async () => {
    told.current.clear();
    try {
      const page = await fetchPage(filters, null);
      change((pages) => joinFirst(pages, { ...page, items: page.items.filter((item) => !told.current.has(item.id)) }));
    } catch {
      // The next round asks again; the screen goes on showing what it has.
    }
  });
  const change = (make: (pages: Pages) => Pages) => queries.setQueryData<Pages>(runsKey(filters), (pages) => pages && make(pages));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const soon = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void refresh.current(), settleMs);
  };
  // What has an end in the past does not change.
  const path = paused || filters.to ? null : streamPath(filters);
  const state: StreamState = useStream(path, ['run', 'gone', 'lagged'], (name, data) => {
    if (name === 'lagged') return soon();
    const { id } = data as { id: string };
    told.current.add(id);
    if (name === 'gone') return change((pages) => without(pages, id));
    const known = queries.getQueryData<Pages>(runsKey(filters))?.pages.some((page) => page.items.some((item) => item.id === id));
    if (!known && judged) return soon();
    change((pages) => mergeLines(pages, [data as RunLine]));
  });
  const polling = path !== null && state === 'lost';
  const open = path !== null && state === 'open';
  useEffect(() => {
    // What happened before the stream stood, or while it was away.
    if (open) void refresh.current();
    if (!open && !polling) return;
    const every = setInterval(() => void refresh.current(), polling ? pollMs : calmMs);
    return () => clearInterval(every);
  }, [open, polling, path, refresh]);
  return path === null ? 'paused' : polling ? 'polling' : 'live';
}

function without(pages: Pages, id: string): Pages {
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })) };
}

/** A first page that was read again: where nothing of it is known yet, the pages below it may not be the next ones. */
function joinFirst(pages: Pages, page: RunPage): Pages {
  const known = new Set(pages.pages.flatMap((each) => each.items.map((item) => item.id)));
  const meets = !page.next || page.items.some((item) => known.has(item.id));
  return meets ? mergeLines(pages, page.items) : { pages: [page], pageParams: [null] };
}

/** The flows to choose from, by name. */
export function useFlowChoices() {
  const flows = useQuery({ queryKey: ['flows', 'choices'], queryFn: () => unwrap(api.GET('/v1/flows', { params: { query: { limit: 200 } } })), staleTime: 60_000 });
  return useMemo(() => (flows.data?.items ?? []).map((flow) => ({ value: flow.slug, label: flow.name || flow.slug })), [flows.data]);
}

/** All lines of the pages, each once. */
export function linesOf(pages: Pages | undefined): RunLine[] {
  const lines = new Map<string, RunLine>();
  for (const page of pages?.pages ?? []) for (const line of page.items) if (!lines.has(line.id)) lines.set(line.id, line);
  return [...lines.values()];
}

/** True for a moment after a value changed, to mark what is new. */
export function useJustChanged(value: unknown, ms = 1500): boolean {
  const [changed, tell] = useState(false);
  const before = useRef(value);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    tell(true);
    const timer = setTimeout(() => tell(false), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return changed;
}
