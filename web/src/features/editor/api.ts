// What the editor asks of the server.
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { FlowDoc } from '@/flow/document/types';
import { api, ApiError, unwrap, unwrapAnswer, type Found, type Schemas } from '@/shared/api/client';
import type { Stored, Written } from './draft/draft';

export type FlowInfo = Schemas['Flow'];
export type Diff = Schemas['Diff'];
export type Version = Schemas['Version'];
export type Counts = Schemas['Counts'];

export interface OpenedDraft extends Stored {
  /** Its author wrote YAML: saving here makes JSON of it. */
  yaml: boolean;
}

const json = { accept: 'application/json' };

function revisionOf(response: Response): number {
  return Number((response.headers.get('etag') ?? '').replace(/[^0-9]/g, ''));
}

async function readText(slug: string): Promise<Response> {
  const { response } = await unwrapAnswer(api.GET('/v1/flows/{slug}/draft', { params: { path: { slug } }, headers: { accept: '*/*' }, parseAs: 'stream' }));
  return response;
}

/** The draft as JSON, whatever its author wrote. */
export async function readDraft(slug: string): Promise<Stored> {
  const { data, response } = await unwrapAnswer(api.GET('/v1/flows/{slug}/draft', { params: { path: { slug } }, headers: json }));
  return { doc: normal(data, slug), revision: revisionOf(response) };
}

async function openDraft(slug: string): Promise<OpenedDraft> {
  const written = await readText(slug);
  const yaml = !(written.headers.get('content-type') ?? '').includes('json');
  await written.body?.cancel();
  return { ...(await readDraft(slug)), yaml };
}

/** What every document has, also where its author has not come to it yet. */
function normal(data: unknown, slug: string): FlowDoc {
  const doc = (typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {}) as Partial<FlowDoc>;
  const nodes = typeof doc.nodes === 'object' && doc.nodes !== null && !Array.isArray(doc.nodes) ? doc.nodes : {};
  const trigger = typeof doc.trigger === 'object' && doc.trigger !== null ? doc.trigger : { type: '' };
  return { ...doc, kind: 'flow', slug: typeof doc.slug === 'string' ? doc.slug : slug, trigger, start: typeof doc.start === 'string' ? doc.start : '', nodes };
}

export const draftQuery = (slug: string) =>
  queryOptions({
    queryKey: ['flow', slug, 'open'],
    queryFn: () => openDraft(slug),
    // What is open is the editor's own from here on.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchOnMount: false,
  });

export const flowQuery = (slug: string) => queryOptions({ queryKey: ['flow', slug, 'info'], queryFn: () => unwrap(api.GET('/v1/flows/{slug}', { params: { path: { slug } } })) });

export async function writeDraft(slug: string, doc: FlowDoc, revision: number): Promise<Written & { flow: FlowInfo }> {
  const written = await unwrap(
    api.PUT('/v1/flows/{slug}/draft', {
      params: { path: { slug }, header: { 'If-Match': `"${revision}"` } },
      headers: { 'content-type': 'application/json' },
      body: doc as unknown as Schemas['Document'],
    }),
  );
  return { revision: written.flow.revision, problems: written.problems, flow: written.flow };
}

/** What the check says of a document that is not written now. */
export async function checkDoc(doc: FlowDoc): Promise<Found[]> {
  const report = await unwrap(api.POST('/v1/check', { headers: { 'content-type': 'application/json' }, body: doc as unknown as Schemas['Document'] }));
  return report.problems;
}

export const variablesQuery = (slug: string, revision: number) =>
  queryOptions({
    queryKey: ['flow', slug, 'variables', revision],
    queryFn: () => unwrap(api.GET('/v1/flows/{slug}/draft/variables', { params: { path: { slug } } })),
    staleTime: Infinity,
    placeholderData: (before) => before,
  });

export const diffQuery = (slug: string, from?: string, to?: string) =>
  queryOptions({
    queryKey: ['flow', slug, 'diff', from, to],
    queryFn: () => unwrap(api.GET('/v1/flows/{slug}/diff', { params: { path: { slug }, query: { from, to } } })),
    staleTime: 0,
    gcTime: 0,
  });

export function publishDraft(slug: string, revision: number) {
  return unwrap(api.POST('/v1/flows/{slug}/publish', { params: { path: { slug }, header: { 'If-Match': `"${revision}"` } } }));
}

export const versionsQuery = (slug: string) => ({
  queryKey: ['flow', slug, 'versions'],
  queryFn: ({ pageParam }: { pageParam: string }) => unwrap(api.GET('/v1/flows/{slug}/versions', { params: { path: { slug }, query: { limit: 50, cursor: pageParam || undefined } } })),
  initialPageParam: '',
  getNextPageParam: (page: Schemas['PageOf_Version']) => page.next ?? undefined,
});

export const versionQuery = (slug: string, version: number) =>
  queryOptions({
    queryKey: ['flow', slug, 'version', version],
    queryFn: async () => normal(await unwrap(api.GET('/v1/flows/{slug}/versions/{version}', { params: { path: { slug, version } }, headers: json })), slug),
    staleTime: Infinity,
  });

/** How often counts are read again while they are shown. */
const countsMs = 15_000;

export function useCounts(slug: string, hours: number, version: number | null, on: boolean) {
  return useQuery({
    queryKey: ['flow', slug, 'counts', hours, version],
    queryFn: () => {
      const from = new Date(Date.now() - hours * 3_600_000).toISOString();
      return unwrap(api.GET('/v1/flows/{slug}/counts', { params: { path: { slug }, query: { from, version: version ?? undefined } } }));
    },
    enabled: on,
    refetchInterval: countsMs,
    placeholderData: (before) => before,
  });
}

export function isMoved(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}

/** What the flow's latest run was begun with: the best example of what comes. Null where there is none, or it cannot be read. */
export const latestStartQuery = (slug: string) =>
  queryOptions({
    queryKey: ['flow', slug, 'latest-start'],
    queryFn: async () => {
      const { items } = await unwrap(api.GET('/v1/runs', { params: { query: { flow: slug, limit: 1 } } }));
      if (!items[0]) return null;
      const record = (await unwrap(api.GET('/v1/runs/{id}', { params: { path: { id: items[0].id } } }))) as { event?: unknown; contact?: unknown };
      const object = (value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
      return { event: object(record.event), contact: object(record.contact) };
    },
    staleTime: Infinity,
    retry: false,
  });
