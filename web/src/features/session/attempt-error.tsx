import { Clock } from 'lucide-react';
import { ErrorNote } from '@/shared/ui/states';
import { useNow } from '@/shared/lib/hooks';
import { LimitedError } from './api';

/** Why a try of a password came to nothing; where tries are limited, how long to wait. */
export function AttemptError({ error }: { error: unknown }) {
  if (error instanceof LimitedError) return <Limited error={error} />;
  return <ErrorNote error={error} />;
}

function Limited({ error }: { error: LimitedError }) {
  const left = Math.ceil((error.until - useNow(1000)) / 1000);
  return (
    <div role="alert" className="flex gap-2 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
      <Clock aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div>
        <p className="font-medium">{error.problem.title}</p>
        <p>{left > 0 ? `Try again in ${left} ${left === 1 ? 'second' : 'seconds'}.` : 'You can try again now.'}</p>
      </div>
    </div>
  );
}
