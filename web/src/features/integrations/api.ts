// What the integrations' screens ask the API.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, unwrap, unwrapAnswer, type Found, type Schemas } from '@/shared/api/client';
import type { IntegrationDoc } from './document';

export type Integration = Schemas['Integration'];
export type Version = Schemas['Version'];
export type Upgraded = Schemas['Upgraded'];

const yaml = { headers: { 'content-type': 'application/yaml' }, bodySerializer: (body: unknown) => body as string } as const;

/** A text as a body: JSON where it is an object's, YAML else. */
export function asDocument(text: string) {
  const json = text.trimStart().startsWith('{');
  return { ...yaml, headers: { 'content-type': json ? 'application/json' : 'application/yaml' }, body: text as never };
}

/** All of them: an org has tens, and the search looks through all. */
export const integrationsQuery = queryOptions({
  queryKey: ['integrations'],
  queryFn: async () => {
    const all: Integration[] = [];
    let cursor: string | undefined;
    do {
      const page = await unwrap(api.GET('/v1/integrations', { params: { query: { limit: 200, cursor } } }));
      all.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor);
    return all;
  },
});

export const integrationQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integrations', slug],
    queryFn: () => unwrap(api.GET('/v1/integrations/{slug}', { params: { path: { slug } } })),
  });

export interface Draft {
  doc: IntegrationDoc;
  revision: string;
}

/** The draft as JSON. It is read once when a screen opens, and not again behind the back of who edits it. */
export const draftQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integrations', slug, 'draft'],
    queryFn: async (): Promise<Draft> => {
      const answer = await unwrapAnswer(api.GET('/v1/integrations/{slug}/draft', { params: { path: { slug } }, headers: { accept: 'application/json' } }));
      return { doc: answer.data as unknown as IntegrationDoc, revision: answer.response.headers.get('etag') ?? '' };
    },
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The draft as its author wrote it, with comments where it is YAML. */
export const draftTextQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integrations', slug, 'text'],
    queryFn: async () => {
      const answer = await unwrapAnswer(api.GET('/v1/integrations/{slug}/draft', { params: { path: { slug } }, parseAs: 'text', headers: { accept: '*/*' } }));
      return { text: answer.data as unknown as string, revision: answer.response.headers.get('etag') ?? '' };
    },
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

export const versionsQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: ['integrations', slug, 'versions'],
    queryFn: ({ pageParam }) => unwrap(api.GET('/v1/integrations/{slug}/versions', { params: { path: { slug }, query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const versionTextQuery = (slug: string, version: number) =>
  queryOptions({
    queryKey: ['integrations', slug, 'versions', version],
    queryFn: async () => (await unwrapAnswer(api.GET('/v1/integrations/{slug}/versions/{version}', { params: { path: { slug, version } }, parseAs: 'text', headers: { accept: '*/*' } }))).data as unknown as string,
    staleTime: Infinity,
  });

export type Pin = Schemas['Pin'];

export const usesQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integrations', slug, 'uses'],
    queryFn: () => unwrap(api.GET('/v1/integrations/{slug}/uses', { params: { path: { slug } } })),
  });

/** After a write: everything that is known of the integration but its draft, which the screen holds itself. */
export function forget(queries: QueryClient, slug: string) {
  void queries.invalidateQueries({ queryKey: ['integrations'], exact: true });
  void queries.invalidateQueries({ queryKey: ['integrations', slug], predicate: ({ queryKey }) => queryKey[2] !== 'draft' });
}

export interface Written {
  integration: Integration;
  problems: Found[];
}

/** Writes a draft: the document, or its text. `revision` is what it was made from; without one it must be new. */
export async function writeDraft(slug: string, document: IntegrationDoc | string, revision?: string): Promise<Written & { revision: string }> {
  const header = revision ? { 'If-Match': revision } : { 'If-None-Match': '*' as const };
  const body = typeof document === 'string' ? asDocument(document) : { body: document as never };
  const answer = await unwrapAnswer(api.PUT('/v1/integrations/{slug}/draft', { params: { path: { slug }, header }, ...body }));
  const data = answer.data as Written;
  return { ...data, revision: answer.response.headers.get('etag') ?? `"${data.integration.revision}"` };
}

export function usePublish(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (revision: string) => unwrap(api.POST('/v1/integrations/{slug}/publish', { params: { path: { slug }, header: { 'If-Match': revision } } })),
    onSuccess: () => forget(queries, slug),
  });
}

export function useRemove(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrapAnswer(api.DELETE('/v1/integrations/{slug}', { params: { path: { slug } } })),
    onSuccess: () => queries.removeQueries({ queryKey: ['integrations', slug] }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['integrations'], exact: true }),
  });
}

export interface UpgradeAsk {
  to: number;
  flows?: string[];
  publish: boolean;
  dryRun: boolean;
}

export function upgrade(slug: string, body: UpgradeAsk): Promise<Upgraded> {
  return unwrap(api.POST('/v1/integrations/{slug}/upgrade', { params: { path: { slug } }, body }));
}

export interface Imported {
  integration: IntegrationDoc;
  document: string;
  skipped: { method: string; path: string; reason: string; server?: string }[];
  notes: { operation?: string; message: string }[];
}

export async function importOpenapi(text: string, options: { slug?: string; server?: string; from?: string }, signal?: AbortSignal): Promise<Imported> {
  return (await unwrap(api.POST('/v1/imports/openapi', { params: { query: options }, ...asDocument(text), signal }))) as unknown as Imported;
}

export async function importCurl(command: string): Promise<{ node: Record<string, unknown>; notes: string[] }> {
  return (await unwrap(api.POST('/v1/imports/curl', { body: { command } }))) as { node: Record<string, unknown>; notes: string[] };
}
