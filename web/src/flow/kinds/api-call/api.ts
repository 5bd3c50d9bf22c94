// What the panel asks the server: what is there to call, and what a call would be.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, unwrap, type Schemas } from '@/shared/api/client';
import type { Json } from '../../document/types';
import type { OutputDoc } from './model';

/** The most of a list that is offered for choosing. */
const listMax = 200;

export const integrationsQuery = queryOptions({
  queryKey: ['integrations', 'choices'],
  queryFn: async () => (await unwrap(api.GET('/v1/integrations', { params: { query: { limit: listMax } } }))).items,
});

export const connectionsQuery = queryOptions({
  queryKey: ['connections', 'choices'],
  queryFn: async () => (await unwrap(api.GET('/v1/connections', { params: { query: { limit: listMax } } }))).items,
});

export const flowsQuery = queryOptions({
  queryKey: ['flows', 'choices'],
  queryFn: async () => (await unwrap(api.GET('/v1/flows', { params: { query: { limit: listMax } } }))).items,
});

export interface OperationDoc {
  name?: string;
  description?: string;
  method?: string;
  path?: string;
  inputSchema?: Json;
  responseSchema?: Json;
  defaultOutputMappings?: OutputDoc[];
  resultPath?: string;
  timeoutMs?: number;
}

export interface IntegrationDoc {
  slug: string;
  name?: string;
  description?: string;
  baseUrl?: string;
  operations?: Record<string, OperationDoc>;
}

/** A published version: it never changes, so it is kept. */
export function integrationVersionQuery(slug: string, version: number) {
  return queryOptions({
    queryKey: ['integrations', slug, 'versions', version],
    queryFn: async () => {
      const asked = api.GET('/v1/integrations/{slug}/versions/{version}', { params: { path: { slug, version } }, headers: { accept: 'application/json' } });
      return (await unwrap(asked as never)) as IntegrationDoc;
    },
    staleTime: Infinity,
  });
}

export interface Change {
  operation: string | null;
  what: string;
  name: string;
  breaking: boolean;
  message: string;
}

export function integrationDiffQuery(slug: string, from: number, to: number) {
  return queryOptions({
    queryKey: ['integrations', slug, 'diff', from, to],
    queryFn: async () => {
      const diff = await unwrap(api.GET('/v1/integrations/{slug}/diff', { params: { path: { slug }, query: { from: String(from), to: String(to) } } }));
      return diff.changes as unknown as Change[];
    },
    staleTime: Infinity,
  });
}

export function useConnections() {
  return useQuery(connectionsQuery);
}

export const importCurl = (command: string): Promise<Schemas['ImportedCall']> => unwrap(api.POST('/v1/imports/curl', { body: { command } }));

