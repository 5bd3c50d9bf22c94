// The runs as the server has them: the list with its filters, and one run.
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api, unwrap, type Schemas } from '@/shared/api/client';
import { useStream, type StreamState } from '@/shared/api/streams';
import { useLatest } from '@/shared/lib/hooks';
import { toQuery, type RunFilters } from './filters';

export interface RunLine extends Omit<Schemas['RunLine'], 'status'> {
  status: string;
  /** The event's name. */
  event?: string | null;
  /** The code of the fault that ended it. */
  error?: string | null;
  /** How the last call ended that did not end well. */
  outcome?: string | null;
}

interface RunPage {
  items: RunLine[];
  next?: string | null;
}

type Pages = InfiniteData<RunPage>;

const pageSize = 50;

function fetchPage(filters: RunFilters, cursor: string | null): Promise<RunPage> {
  const query = { ...toQuery(filters, Date.now()), limit: pageSize, ...(cursor ? { cursor } : {}) };
  return unwrap(api.GET('/v1/runs', { params: { query: query as never } }));
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
/** A run that comes while other filters than flow and status are set: the server says whether it fits, asked at most this often. */
const settleMs = 1_000;

/** Keeps the list as it is on the server: by its stream, and by asking again where that is lost. */
export function useLiveRuns(filters: RunFilters, paused: boolean): Liveness {
  const queries = useQueryClient();
  const latest = useLatest(filters);
  const judged = Boolean(filters.search || filters.outcome || filters.contact);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const closed = Boolean(filters.to);

  const refresh = useLatest(async () => {
    const key = runsKey(latest.current);
    try {
      const page = await fetchPage(latest.current, null);
      queries.setQueryData<Pages>(key, (pages) => pages && joinFirst(pages, page));
    } catch {
      // The next round asks again; the screen goes on showing what it has.
    }
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  const soon = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void refresh.current(), settleMs);
  };
  const path = paused || closed ? null : `/v1/runs/stream${filters.flow ? `?flow=${encodeURIComponent(filters.flow)}` : ''}`;
  const state: StreamState = useStream(path, ['run', 'lagged'], (name, data) => {
    if (name === 'lagged') return soon();
    const line = data as RunLine;
    const pages = queries.getQueryData<Pages>(runsKey(filters));
    const known = pages?.pages.some((page) => page.items.some((item) => item.id === line.id));
    if (!known && judged) return soon();
    if (!known && filters.status && filters.status !== line.status) return;
    queries.setQueryData<Pages>(runsKey(filters), (now) => now && mergeLines(now, [line]));
  });
  const polling = path !== null && state === 'lost';
  useEffect(() => {
    if (!polling) return;
    const every = setInterval(() => void refresh.current(), pollMs);
    return () => clearInterval(every);
  }, [polling, refresh]);
  return path === null ? 'paused' : polling ? 'polling' : 'live';
}

/** A first page that was read again: where nothing of it is known yet, the pages below it may not be the next ones. */
function joinFirst(pages: Pages, page: RunPage): Pages {
  const known = new Set(pages.pages.flatMap((each) => each.items.map((item) => item.id)));
  const meets = page.items.length < pageSize || page.items.some((item) => known.has(item.id));
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
