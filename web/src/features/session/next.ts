/** Where to go after the login: a path of this page and nothing else, so that no address leads its reader to a foreign site. */
export function nextPath(next: string | undefined): string {
  if (!next || !/^\/(?![/\\])/.test(next)) return '/flows';
  const url = new URL(next, location.origin);
  if (url.origin !== location.origin || ['/login', '/setup', '/password', '/'].includes(url.pathname)) return '/flows';
  return url.pathname + url.search + url.hash;
}

/** The token in what a person pasted: the token itself, or the whole set-up address. */
export function tokenIn(text: string): string {
  return text.match(/(?:^|[#&])token=([^&\s]+)/)?.[1] ?? text.trim();
}
