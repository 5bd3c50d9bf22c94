// What the connections' screens ask the API.
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, unwrap, unwrapAnswer, type Schemas } from '@/shared/api/client';
import type { AuthDoc } from '@/flow/auth-form/auth-form';
import type { TlsDoc } from '@/flow/auth-form/tls-form';

export interface Limits {
  maxConnections?: number;
  requestsPerSecond?: number;
  burst?: number;
  circuitBreaker?: { failurePercent?: number; minCalls?: number; windowMs?: number; openMs?: number };
}

export type Connection = Omit<Schemas['Connection'], 'secrets' | 'config' | 'auth' | 'tls' | 'limits' | 'verification'> & {
  secrets: Record<string, { updatedAt: string }>;
  config: Record<string, unknown>;
  auth?: AuthDoc | null;
  tls?: TlsDoc | null;
  limits: Limits;
  verification?: { at: string; ok: boolean; text: string } | null;
};
export type NewConnection = Schemas['NewConnection'];
export type ConnectionChange = Schemas['ConnectionChange'];
export type Integration = Schemas['Integration'];

/** Of an integration's published version: what a connection for it has to give. */
export interface IntegrationNeeds {
  name?: string;
  baseUrl?: string;
  auth?: AuthDoc;
  tls?: TlsDoc;
  configSchema?: Record<string, unknown>;
  secretSchema?: Record<string, unknown>;
  verify?: string;
}

async function allPages<T>(page: (cursor?: string) => Promise<{ items: T[]; next?: string | null }>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await page(cursor);
    all.push(...items);
    cursor = next ?? undefined;
  } while (cursor);
  return all;
}

/** All of them: an org has tens, and the search looks through all. */
export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: async () => (await allPages((cursor) => unwrap(api.GET('/v1/connections', { params: { query: { limit: 200, cursor } } })))) as unknown as Connection[],
});

export const connectionQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', id],
    queryFn: async () => (await unwrap(api.GET('/v1/connections/{id}', { params: { path: { id } } }))) as unknown as Connection,
  });

export const integrationsQuery = queryOptions({
  queryKey: ['integrations'],
  queryFn: () => allPages((cursor) => unwrap(api.GET('/v1/integrations', { params: { query: { limit: 200, cursor } } }))),
});

/** Read from the version that was published last; null where none was. */
export const needsQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integrations', slug, 'needs'],
    queryFn: async (): Promise<IntegrationNeeds | null> => {
      const { version } = await unwrap(api.GET('/v1/integrations/{slug}', { params: { path: { slug } } }));
      if (!version) return null;
      const { baseUrl, auth, tls, configSchema, secretSchema, verify, name } = (await unwrap(
        api.GET('/v1/integrations/{slug}/versions/{version}', { params: { path: { slug, version } }, headers: { accept: 'application/json' } }),
      )) as unknown as IntegrationNeeds;
      // The operations of a large API are not kept for this.
      return { baseUrl, auth, tls, configSchema, secretSchema, verify, name };
    },
    staleTime: 60_000,
  });

export const usesQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', id, 'uses'],
    queryFn: () => unwrap(api.GET('/v1/connections/{id}/uses', { params: { path: { id } } })),
  });

export function useCreateConnection() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewConnection) => unwrap(api.POST('/v1/connections', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['connections'], exact: true }),
  });
}

/** Changes what is given; the revision keeps anyone from being overwritten in silence. */
export function useChange(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, ...body }: ConnectionChange & { revision: number }) =>
      unwrap(api.PATCH('/v1/connections/{id}', { params: { path: { id }, header: { 'If-Match': `"${revision}"` } }, body })),
    onSuccess: (connection) => {
      queries.setQueryData(['connections', id], connection);
      void queries.invalidateQueries({ queryKey: ['connections'], exact: true });
    },
  });
}

export interface TestResult {
  ok: boolean;
  text: string;
  call: Schemas['CallResult'];
}

export function useTest(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => (await unwrap(api.POST('/v1/connections/{id}/verify', { params: { path: { id } } }))) as unknown as TestResult,
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['connections'], exact: true });
      void queries.invalidateQueries({ queryKey: ['connections', id], exact: true });
    },
  });
}

export function useRemove(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrapAnswer(api.DELETE('/v1/connections/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      queries.removeQueries({ queryKey: ['connections', id] });
      void queries.invalidateQueries({ queryKey: ['connections'], exact: true });
    },
  });
}
