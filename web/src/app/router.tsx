// Every address of the page, and the screen behind it; each screen is loaded when it is first opened.
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { ApiError } from '@/shared/api/client';
import { sessionQuery } from '@/shared/api/session';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { NotFound } from './not-found';
import { Shell } from './shell';

interface Context {
  queries: QueryClient;
}

/** What of an address's query is a text. */
type Search = Record<string, string | undefined>;

const texts = (search: Record<string, unknown>): Search =>
  Object.fromEntries(Object.entries(search).flatMap(([key, value]) => (value === undefined || value === null || value === '' ? [] : [[key, String(value)]])));

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound, validateSearch: texts });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: lazyRouteComponent(() => import('@/features/session/login-screen'), 'LoginScreen'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('@/features/session/setup-screen'), 'SetupScreen'),
});

const password = createRoute({
  getParentRoute: () => root,
  path: '/password',
  component: lazyRouteComponent(() => import('@/features/session/password-screen'), 'PasswordScreen'),
});

/** All screens that need to know who is there. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  async beforeLoad({ context, location }) {
    try {
      const session = await context.queries.ensureQueryData(sessionQuery);
      if (session.passwordDue) throw redirect({ to: '/password', search: { next: location.href } });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw redirect({ to: '/login', search: { next: location.href } });
      throw error;
    }
  },
  errorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/flows' });
  },
});

const flows = createRoute({
  getParentRoute: () => inside,
  path: '/flows',
  component: lazyRouteComponent(() => import('@/features/flows/flows-screen'), 'FlowsScreen'),
});
const editor = createRoute({
  getParentRoute: () => inside,
  path: '/flows/$slug',
  component: lazyRouteComponent(() => import('@/features/editor/editor-screen'), 'EditorScreen'),
});
const runs = createRoute({
  getParentRoute: () => inside,
  path: '/runs',
  component: lazyRouteComponent(() => import('@/features/runs/runs-screen'), 'RunsScreen'),
});
const run = createRoute({
  getParentRoute: () => inside,
  path: '/runs/$id',
  component: lazyRouteComponent(() => import('@/features/runs/run-screen'), 'RunScreen'),
});
const integrations = createRoute({
  getParentRoute: () => inside,
  path: '/integrations',
  component: lazyRouteComponent(() => import('@/features/integrations/integrations-screen'), 'IntegrationsScreen'),
});
const integration = createRoute({
  getParentRoute: () => inside,
  path: '/integrations/$slug',
  component: lazyRouteComponent(() => import('@/features/integrations/integration-screen'), 'IntegrationScreen'),
});
const connections = createRoute({
  getParentRoute: () => inside,
  path: '/connections',
  component: lazyRouteComponent(() => import('@/features/connections/connections-screen'), 'ConnectionsScreen'),
});
const connection = createRoute({
  getParentRoute: () => inside,
  path: '/connections/$id',
  component: lazyRouteComponent(() => import('@/features/connections/connection-screen'), 'ConnectionScreen'),
});
const callback = createRoute({
  getParentRoute: () => inside,
  path: '/oauth/callback',
  component: lazyRouteComponent(() => import('@/features/connections/callback-screen'), 'CallbackScreen'),
});
const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  component: lazyRouteComponent(() => import('@/features/admin/audit-screen'), 'AuditScreen'),
});
const members = createRoute({
  getParentRoute: () => inside,
  path: '/members',
  component: lazyRouteComponent(() => import('@/features/admin/members-screen'), 'MembersScreen'),
});
const tokens = createRoute({
  getParentRoute: () => inside,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/features/admin/tokens-screen'), 'TokensScreen'),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/features/admin/settings-screen'), 'SettingsScreen'),
});

const tree = root.addChildren([
  login,
  setup,
  password,
  inside.addChildren([home, flows, editor, runs, run, integrations, integration, connections, connection, callback, audit, members, tokens, settings]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    // The address says texts as they are: `?flow=caller-lookup`, no JSON.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const query = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))).toString();
      return query ? `?${query}` : '';
    },
    defaultPendingComponent: () => (
      <div className="mx-auto w-full max-w-6xl p-6">
        <Skeleton />
      </div>
    ),
    defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
    defaultNotFoundComponent: NotFound,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
