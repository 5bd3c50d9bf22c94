// Logging in, and the first account of all.
import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { api, ApiError, isProblem, unwrap } from '@/shared/api/client';
import { sessionQuery, type Session } from '@/shared/api/session';

/** Whether nobody has an account yet. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: () => unwrap(api.GET('/v1/setup')),
  staleTime: 0,
  retry: false,
});

/** Too many tries: when the server takes the next one. */
export class LimitedError extends ApiError {
  readonly until: number;

  constructor(error: ApiError, until: number) {
    super(error.problem);
    this.until = until;
  }
}

/** A try of a password; where tries are limited, the error tells for how long. */
async function attempt(asked: Promise<{ data?: Session; error?: unknown; response: Response }>): Promise<Session> {
  let wait = 0;
  try {
    return await unwrap(
      asked.then((answer) => {
        wait = Number(answer.response.headers.get('retry-after')) || 1;
        return answer;
      }),
    );
  } catch (error) {
    if (isProblem(error, 'logins-limited')) throw new LimitedError(error, Date.now() + wait * 1000);
    throw error;
  }
}

export function logIn(body: { email: string; password: string; org?: string }): Promise<Session> {
  return attempt(api.POST('/v1/session', { body }));
}

export function setPassword(current: string, next: string): Promise<Session> {
  return attempt(api.POST('/v1/session/password', { body: { current, new: next } }));
}

/** Whoever is there now: what was read for somebody else is forgotten. */
export function becomes(queries: QueryClient, session: Session) {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
  queries.setQueryData(sessionQuery.queryKey, session);
}

/** An account that is made, and lacks a password of its own. */
export interface Begun {
  email: string;
  oneTimePassword: string;
}

/** Makes the first admin; one that was begun and left in the middle is taken up again. */
export async function beginAccount(token: string, name: string, email: string): Promise<Begun> {
  const headers = { authorization: `Bearer ${token}` };
  try {
    const made = await unwrap(api.POST('/v1/members', { headers, body: { email, name: name || undefined, role: 'admin' } }));
    return { email, oneTimePassword: made.oneTimePassword ?? '' };
  } catch (error) {
    if (!isProblem(error, 'member-taken')) throw error;
    const { items } = await unwrap(api.GET('/v1/members', { headers, params: { query: { limit: 100 } } }));
    const begun = items.find((member) => member.email.toLowerCase() === email.toLowerCase() && member.passwordDue);
    if (!begun) throw error;
    const again = await unwrap(api.PATCH('/v1/members/{id}', { headers, params: { path: { id: begun.id } }, body: { resetPassword: true } }));
    return { email, oneTimePassword: again.oneTimePassword ?? '' };
  }
}

/** Whether the example that everyone begins with is here. */
export async function hasExample(): Promise<boolean> {
  try {
    await unwrap(api.GET('/v1/flows/{slug}', { params: { path: { slug: 'caller-lookup' } } }));
    return true;
  } catch {
    return false;
  }
}
