// Who is at the page, and what they may do.
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, unwrap, type Role, type Schemas } from './client';

export type Session = Schemas['Session'];

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => unwrap(api.GET('/v1/session')),
  staleTime: 60_000,
  retry: false,
});

const order: Role[] = ['viewer', 'operator', 'editor', 'admin'];

export function roleReaches(role: Role, needed: Role): boolean {
  return order.indexOf(role) >= order.indexOf(needed);
}

/** Who is at the page; screens behind the login always know. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the person's role reaches this one. The server decides; this only spares clicks that would be refused. */
export function useMay(needed: Role): boolean {
  return roleReaches(useSession().role, needed);
}
