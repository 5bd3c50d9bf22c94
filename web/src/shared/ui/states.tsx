// What a screen shows while it has nothing to show.
import { CircleX, RotateCw, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { explain, OfflineError } from '../api/client';
import { cn } from '../lib/cn';
import { Button } from './button';
import { Words } from './words';

/** Nothing here yet: why, and what to do about it. */
export function EmptyState({ icon, title, children, actions }: { icon?: ReactNode; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon && <div className="text-ink-3 [&_svg]:size-8">{icon}</div>}
      <h2 className="text-base font-semibold">{title}</h2>
      {children && <div className="text-sm text-ink-2">{children}</div>}
      {actions && <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

/** It could not be read: what the server said, and once more. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?(): void }) {
  const { title, detail, fix } = explain(error);
  return (
    <div role="alert" className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {error instanceof OfflineError ? <WifiOff aria-hidden className="size-8 text-ink-3" /> : <CircleX aria-hidden className="size-8 text-bad" />}
      <h2 className="text-base font-semibold break-words">{title}</h2>
      {detail && (
        <p className="text-sm break-words text-ink-2">
          <Words text={detail} />
        </p>
      )}
      {fix && (
        <p className="text-sm break-words text-ink-2">
          <Words text={fix} />
        </p>
      )}
      {onRetry && (
        <Button icon={<RotateCw />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What went wrong with an act, beside it. */
export function ErrorNote({ error, className }: { error: unknown; className?: string }) {
  if (!error) return null;
  const { title, detail, fix } = explain(error);
  return (
    <div role="alert" className={cn('flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad', className)}>
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 break-words">
        <p className="font-medium">{title}</p>
        {detail && (
          <p>
            <Words text={detail} />
          </p>
        )}
        {fix && (
          <p>
            <Words text={fix} />
          </p>
        )}
      </div>
    </div>
  );
}

/** Grey lines where a list will be. */
export function Skeleton({ rows = 5, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 py-2">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="h-5 animate-pulse rounded bg-hover" style={{ width: `${90 - ((index * 17) % 40)}%` }} />
      ))}
    </div>
  );
}
