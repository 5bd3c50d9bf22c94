import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError, OfflineError } from '@/shared/api/client';
import { Toasts } from '@/shared/ui/toast';
import { TooltipProvider } from '@/shared/ui/tooltip';
import { makeRouter } from './router';

/** Whether asking again may help: the server was not reached, or was busy. */
function mayHelp(count: number, error: unknown): boolean {
  const passing = error instanceof OfflineError || (error instanceof ApiError && error.status >= 500);
  return passing && count < 2;
}

function start() {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: mayHelp, staleTime: 5_000 } },
    queryCache: new QueryCache({
      onError(error) {
        // The session is over: whatever screen is open, its person logs in and comes back.
        if (error instanceof ApiError && error.status === 401 && router.state.location.pathname !== '/login') {
          void router.navigate({ to: '/login', search: { next: router.state.location.href } });
        }
      },
    }),
  });
  const router = makeRouter(queries);
  return { queries, router };
}

export function App() {
  const [{ queries, router }] = useState(start);
  return (
    <QueryClientProvider client={queries}>
      <TooltipProvider delayDuration={400}>
        <RouterProvider router={router} />
        <Toasts />
      </TooltipProvider>
    </QueryClientProvider>
  );
}
