// A screen at any address, logged in or not; where it leads to is told by the router.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import { HttpResponse } from 'msw';
import type { ReactNode } from 'react';
import type { Role } from '@/shared/api/client';
import { sessionQuery, type Session } from '@/shared/api/session';
import { Toasts } from '@/shared/ui/toast';
import { TooltipProvider } from '@/shared/ui/tooltip';

export function sessionOf(role: Role, more: Partial<Session> = {}): Session {
  return { org: 'default', kind: 'member', id: 'mem_self', name: 'Ada', role, email: 'ada@example.com', passwordDue: false, expiresAt: null, ...more };
}

// As the app's router has them: texts, no JSON.
const parseSearch = (text: string) => Object.fromEntries(new URLSearchParams(text));
const stringifySearch = (search: Record<string, unknown>) => {
  const query = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))).toString();
  return query ? `?${query}` : '';
};

/** Renders a screen whatever the address is; the router tells where the screen has led. */
export function renderAt(Screen: () => ReactNode, address: string, role: Role | null = 'admin') {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  if (role) queries.setQueryData(sessionQuery.queryKey, sessionOf(role));
  const root = createRootRoute({ component: Screen, notFoundComponent: () => null, validateSearch: (search: Record<string, unknown>) => search });
  const router = createRouter({ routeTree: root, history: createMemoryHistory({ initialEntries: [address] }), parseSearch, stringifySearch });
  render(
    <QueryClientProvider client={queries}>
      <TooltipProvider>
        <RouterProvider router={router as never} />
        <Toasts />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { router, queries };
}

/** The server's refusal, in its own words. */
export function problem(status: number, code: string, detail: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  return HttpResponse.json({ type: `/docs/problems/${code}.md`, title: code, status, code, detail, ...more }, { status, headers: { 'content-type': 'application/problem+json', ...headers } });
}
