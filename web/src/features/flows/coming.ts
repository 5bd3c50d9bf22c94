// What the API's document does not list yet.
import type { Client } from 'openapi-fetch';
import { api, type Schemas } from '@/shared/api/client';
import type { FlowDoc } from '@/flow/document/types';

/** A line of the list of flows. */
export interface FlowLine extends Omit<Schemas['Flow'], never> {
  description?: string | null;
  trigger?: { type: string; event?: string | null } | null;
  lastRun?: { id: string; status: string; startedAt: string } | null;
  /** Runs of the last 24 hours by how they ended. */
  day?: { completed: number; failed: number };
}

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
  '/v1/flows': { get: { parameters: { query?: { search?: string; limit?: number; cursor?: string } }; responses: { 200: Json<{ items: FlowLine[]; next?: string | null }> } } };
  '/v1/flows/{slug}/restore': { post: { parameters: { path: { slug: string } }; responses: { 200: Json<FlowLine> } } };
  '/v1/examples': { get: { parameters: { query?: never }; responses: { 200: Json<{ items: Example[] }> } } };
}

export const coming = api as unknown as Client<Paths>;
