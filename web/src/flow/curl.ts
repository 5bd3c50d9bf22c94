// An event as a command for a terminal.

/** A text as one word of a shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Posts this event to the server that sent the page. */
export function eventCurl(event: unknown, origin: string = location.origin): string {
  return [
    `curl -X POST ${shellQuote(`${origin}/v1/events`)} \\`,
    `  -H "Authorization: Bearer $CALLOUT_TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${shellQuote(JSON.stringify(event))}`,
  ].join('\n');
}

/** Starts a run of one flow, whatever its trigger. */
export function runCurl(slug: string, event: unknown, origin: string = location.origin): string {
  return [
    `curl -X POST ${shellQuote(`${origin}/v1/flows/${slug}/runs?wait=10s`)} \\`,
    `  -H "Authorization: Bearer $CALLOUT_TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${shellQuote(JSON.stringify({ event }))}`,
  ].join('\n');
}
