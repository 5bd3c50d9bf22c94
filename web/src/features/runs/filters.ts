// The filters of the list of runs, as they stand in the page's address.

export interface RunFilters {
  flow?: string;
  status?: string;
  outcome?: string;
  contact?: string;
  search?: string;
  /** `hour`, `day` or `week` before now; `from` and `to` in its place. */
  time?: string;
  from?: string;
  to?: string;
}

const keys = ['flow', 'status', 'outcome', 'contact', 'search', 'time', 'from', 'to'] as const;

export const statuses = ['running', 'waiting', 'completed', 'failed', 'cancelled'];

/** What calls can come to, as the filter offers it; any status number goes too. */
export const outcomes = ['200', '400', '401', '403', '404', '409', '422', '429', '500', '502', '503', '504', 'timeout', 'network', 'max-connection', 'blocked', 'invalid', 'response', 'rate-limited', 'circuit-open', 'unknown'];

const spans: Record<string, number> = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };

export const times = [
  { value: '', label: 'Any time' },
  { value: 'hour', label: 'Last hour' },
  { value: 'day', label: 'Last 24 hours' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'custom', label: 'From … to …' },
];

export function readFilters(search: Record<string, unknown>): RunFilters {
  return Object.fromEntries(keys.flatMap((key) => (search[key] ? [[key, String(search[key])]] : [])));
}

/** How many of them narrow the list. */
export function countFilters(filters: RunFilters): number {
  const { time, from, to, ...rest } = filters;
  const timed = (time && time !== 'custom') || from || to;
  return Object.values(rest).filter(Boolean).length + (timed ? 1 : 0);
}

/** A time as a date field gives it, in the reader's own zone. */
function instant(local: string | undefined): string | undefined {
  if (!local) return undefined;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** As the API takes them. */
export function toQuery(filters: RunFilters, now: number): Record<string, string> {
  const { time, from, to, ...rest } = filters;
  const span = time ? spans[time] : undefined;
  const start = span ? new Date(now - span).toISOString() : instant(from);
  const end = span ? undefined : instant(to);
  const all = { ...rest, from: start, to: end };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
