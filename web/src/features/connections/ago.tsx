import { formatAgo, formatTime } from '@/shared/lib/format';

/** A time as it is told, the whole of it on hover. */
export function Ago({ at, now, none = 'never' }: { at?: string | null; now: number; none?: string }) {
  if (!at) return <span className="text-ink-3">{none}</span>;
  return (
    <time dateTime={at} title={formatTime(at)} className="whitespace-nowrap">
      {formatAgo(at, now)}
    </time>
  );
}
