import { cn } from '@/shared/lib/cn';

const tones: Record<string, string> = { GET: 'text-ok', POST: 'text-accent-text', PUT: 'text-warn', PATCH: 'text-warn', DELETE: 'text-bad' };

/** An operation's method, as wide as the longest so that what follows stands in line. */
export function MethodMark({ method }: { method: string }) {
  return <span className={cn('inline-block w-14 shrink-0 font-mono text-xs font-semibold', tones[method] ?? 'text-ink-2')}>{method}</span>;
}
