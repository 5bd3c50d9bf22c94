// Headers that people write, and what they commonly hold.

export const headerNames = [
  'Accept', 'Accept-Language', 'Cache-Control', 'Content-Type', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'Prefer', 'Referer', 'User-Agent',
  'X-Correlation-Id', 'X-Request-Id', 'X-Tenant-Id',
] as const;

const types = ['application/json', 'application/xml', 'application/x-www-form-urlencoded', 'text/plain', 'text/xml', 'text/csv'];

export const headerValues: Record<string, readonly string[]> = {
  accept: ['application/json', 'application/xml', 'text/plain', '*/*'],
  'accept-language': ['{{ contact.locale }}', 'en', 'de', 'fr'],
  'cache-control': ['no-cache', 'no-store'],
  'content-type': types,
  prefer: ['return=representation', 'return=minimal', 'respond-async'],
  'x-request-id': ['{{ run.id }}'],
  'x-correlation-id': ['{{ run.id }}'],
};
