// What the API's document does not list yet.
import type { Client } from 'openapi-fetch';
import { api, type Schemas } from '@/shared/api/client';
import type { FlowDoc } from '@/flow/document/types';

/** A flow to begin with, and what it needs. */
export interface Example {
  slug: string;
  name: string;
  description: string;
  flow: FlowDoc;
  integrations: { slug: string; name?: string; [key: string]: unknown }[];
  /** Without their secrets. */
  connections: Schemas['NewConnection'][];
}

type Json<T> = { headers: Record<string, unknown>; content: { 'application/json': T } };

interface Paths {
  '/v1/examples': { get: { parameters: { query?: never }; responses: { 200: Json<{ items: Example[] }> } } };
}

export const coming = api as unknown as Client<Paths>;
