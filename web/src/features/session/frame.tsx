import type { ReactNode } from 'react';
import { cn } from '@/shared/lib/cn';
import { useTitle } from '@/shared/lib/hooks';

/** The page before anyone is known: one card in the middle. */
export function SessionFrame({ title, description, children, foot, wide }: { title: string; description?: ReactNode; children: ReactNode; foot?: ReactNode; wide?: boolean }) {
  useTitle(title);
  return (
    <main className="flex min-h-full flex-col items-center gap-6 px-4 py-10 sm:pt-[12vh]">
      <div className="flex items-center gap-2 text-lg font-semibold">
        <img src="/favicon.svg" alt="" className="size-7" />
        Callout
      </div>
      <div className={cn('w-full rounded-lg border border-line bg-surface p-6 shadow-card', wide ? 'max-w-md' : 'max-w-sm')}>
        <h1 className="text-xl font-semibold">{title}</h1>
        {description && <div className="mt-1 text-sm text-ink-2">{description}</div>}
        <div className="mt-5">{children}</div>
      </div>
      {foot && <div className="max-w-sm text-center text-xs text-ink-2">{foot}</div>}
    </main>
  );
}
