// Times, sizes and numbers as people read them.

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const plain = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
];

/** The whole date and time, in the reader's own language and zone. */
export function formatTime(at: string): string {
  return dateTime.format(new Date(at));
}

/** How long ago, or in how long: `3 min. ago`. */
export function formatAgo(at: string, now: number = Date.now()): string {
  let length = (new Date(at).getTime() - now) / 1000;
  for (const [unit, size] of steps) {
    if (Math.abs(length) < size) return relative.format(Math.trunc(length), unit);
    length /= size;
  }
  return relative.format(Math.trunc(length), 'year');
}

/** A time span: `340 ms`, `2.4 s`, `3 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 1) return '< 1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return inTwo(Math.round(ms / 1000), 60, 'min', 's');
  return inTwo(Math.round(ms / 60_000), 60, 'h', 'min');
}

/** `3 min 5 s`, or `3 min` where nothing is left over. */
function inTwo(count: number, size: number, large: string, small: string): string {
  const rest = count % size;
  return `${Math.floor(count / size)} ${large}${rest ? ` ${rest} ${small}` : ''}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function formatCount(count: number): string {
  return count < 10_000 ? plain.format(count) : compact.format(count);
}

/** `1 error`, `3 errors`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${plain.format(count)} ${count === 1 ? one : many}`;
}

/** A name made fit for an address: lower-case letters, digits and dashes. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
    .replace(/-+$/, '');
}
