// The way to an authorization server and back: the connection is known again by the state that comes back.
import { api, unwrap } from '@/shared/api/client';

const keyOf = (state: string) => `callout.oauth.${state}`;

/** Asks where a person agrees, and goes there. */
export async function beginAuthorization(id: string): Promise<void> {
  const redirectUri = `${location.origin}/oauth/callback`;
  const { url, state } = await unwrap(api.POST('/v1/connections/{id}/authorization', { params: { path: { id } }, body: { redirectUri } }));
  if (!/^https?:\/\//i.test(url)) throw new Error('The integration’s authorization URL is neither http nor https: it is not opened.');
  sessionStorage.setItem(keyOf(state), id);
  location.assign(url);
}

/** The connection that was being authorised when this state was made, in this tab. */
export function connectionOf(state: string): string | null {
  return sessionStorage.getItem(keyOf(state));
}

/** The code becomes a token on the server. */
export async function finishAuthorization(id: string, state: string, code: string): Promise<void> {
  await unwrap(api.POST('/v1/connections/{id}/authorization/finish', { params: { path: { id } }, body: { state, code } }));
  sessionStorage.removeItem(keyOf(state));
}
