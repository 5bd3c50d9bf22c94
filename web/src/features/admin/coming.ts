// What the API's document does not list yet.
import type { Client } from 'openapi-fetch';
import { api } from '@/shared/api/client';

/** What the server's configuration lets calls do. */
export interface Egress {
  allow: { host: string; cidr: string }[];
  httpHosts: string[];
  ports: number[] | null;
  proxy: string | null;
  sourceAddress: string | null;
  dns?: unknown;
  responseBytesMax: number;
  timeoutMsMax: number;
  maxConnections: number;
  connectionWaitMs: number;
  caFile?: boolean;
  /** How long what is kept where an org does not say. */
  defaults?: { runs?: string | null; bodies?: string | null; audit?: string | null };
}

interface Paths {
  '/v1/egress': { get: { parameters: { query?: never }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Egress } } } } };
}

export const coming = api as unknown as Client<Paths>;
