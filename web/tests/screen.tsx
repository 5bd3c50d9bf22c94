// A screen at its address, logged in, as the app's router has it; its links lead to empty screens.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import { Suspense, type JSX } from 'react';
import { vi } from 'vitest';
import type { Role } from '@/shared/api/client';
import { Toasts } from '@/shared/ui/toast';
import { TooltipProvider } from '@/shared/ui/tooltip';

interface Options {
  /** The route: `/runs/$id`. */
  path: string;
  /** The address that is open: `/runs/run_1?step=2`. */
  at: string;
  role?: Role;
}

const others = ['/flows', '/flows/$slug', '/runs', '/runs/$id', '/integrations', '/connections'];

export function renderScreen(screen: () => JSX.Element | null, { path, at, role = 'admin' }: Options) {
  vi.stubGlobal('scrollTo', () => {});
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(['session'], { kind: 'member', name: 'Ada', role, org: 'default' });
  const root = createRootRoute({ component: Outlet, validateSearch: (search) => search as Record<string, string | undefined> });
  const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Outlet });
  const leaf = (at: string, component: () => JSX.Element | null) => createRoute({ getParentRoute: () => inside, path: at, component });
  const routes = [leaf(path, screen), ...others.filter((other) => other !== path).map((other) => leaf(other, () => null))];
  const router = createRouter({
    routeTree: root.addChildren([inside.addChildren(routes)]),
    history: createMemoryHistory({ initialEntries: [at] }),
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const query = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))).toString();
      return query ? `?${query}` : '';
    },
  });
  render(
    <QueryClientProvider client={queries}>
      <TooltipProvider>
        <Suspense>
          <RouterProvider router={router as never} />
        </Suspense>
        <Toasts />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { router, queries };
}
