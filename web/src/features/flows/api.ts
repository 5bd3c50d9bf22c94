// The flows' list, and how flows are made, renamed, copied and removed.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, isProblem, unwrap, unwrapAnswer, type Schemas } from '@/shared/api/client';
import type { FlowDoc, NodeDoc } from '@/flow/document/types';
import type { Example } from './example';
import { copyOf } from './documents';

/** A flow, and how it does. */
export type FlowLine = Schemas['PageOf_FlowLine']['items'][number];

export const flowsKey = ['flows'] as const;

export const flowsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: [...flowsKey, 'list', search],
    queryFn: ({ pageParam }) => unwrap(api.GET('/v1/flows', { params: { query: { limit: 50, search: search || undefined, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 30_000,
  });

export const examplesQuery = queryOptions({
  queryKey: ['examples'],
  queryFn: async () => (await unwrap(api.GET('/v1/examples'))).items as unknown as Example[],
  staleTime: Infinity,
});

/** A flow's draft as JSON, and which revision it is. */
async function readDraft(slug: string): Promise<{ doc: FlowDoc; etag: string }> {
  const { data, response } = await unwrapAnswer(api.GET('/v1/flows/{slug}/draft', { params: { path: { slug } }, headers: { accept: 'application/json' } }));
  return { doc: data as unknown as FlowDoc, etag: response.headers.get('etag') ?? '' };
}

/** A flow's document as its author wrote it. */
export async function readText(slug: string): Promise<string> {
  const asked = api.GET('/v1/flows/{slug}/draft', { params: { path: { slug } }, parseAs: 'text' });
  return (await unwrap(asked)) as unknown as string;
}

async function send(slug: string, headers: Record<string, string>, body: FlowDoc | string): Promise<void> {
  const text = typeof body === 'string';
  await unwrap(
    api.PUT('/v1/flows/{slug}/draft', {
      params: { path: { slug } },
      headers: { ...headers, 'content-type': text ? 'application/yaml' : 'application/json' },
      body: body as never,
      bodySerializer: (each: unknown) => (typeof each === 'string' ? each : JSON.stringify(each)),
    }),
  );
}

/** Makes a flow where none of this slug is. */
export async function createFlow(slug: string, body: FlowDoc | string): Promise<string> {
  await send(slug, { 'if-none-match': '*' }, body);
  return slug;
}

/** Whether a flow of this slug is there already. */
export function isTaken(error: unknown): boolean {
  return isProblem(error, 'revision-differs');
}

export async function renameFlow(slug: string, name: string): Promise<void> {
  const { doc, etag } = await readDraft(slug);
  await send(slug, { 'if-match': etag }, { ...doc, name });
}

export async function duplicateFlow(from: string, slug: string, name: string): Promise<string> {
  const { doc } = await readDraft(from);
  return createFlow(slug, copyOf(doc, slug, name));
}

export const removeFlow = (slug: string) => unwrapAnswer(api.DELETE('/v1/flows/{slug}', { params: { path: { slug } } }));
export const restoreFlow = (slug: string) => unwrap(api.POST('/v1/flows/{slug}/restore', { params: { path: { slug } } }));

export async function readCurl(command: string): Promise<{ node: NodeDoc; notes: string[] }> {
  const { node, notes } = await unwrap(api.POST('/v1/imports/curl', { body: { command } }));
  return { node: node as unknown as NodeDoc, notes };
}

/** Which of an example's integrations and connections are there. */
export interface Needs {
  integrations: { slug: string; name: string; there: boolean }[];
  connections: { id: string; name: string; secrets: string[]; there: boolean }[];
}

const there = async (asked: Promise<unknown>): Promise<boolean> => {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
};

/** The secrets that an integration's connections have. */
function secretsOf(example: Example, slug: string | null | undefined): string[] {
  const schema = example.integrations.find((each) => each.slug === slug)?.secretSchema as { properties?: Record<string, unknown> } | undefined;
  return Object.keys(schema?.properties ?? {});
}

export async function readNeeds(example: Example): Promise<Needs> {
  return {
    integrations: await Promise.all(
      example.integrations.map(async ({ slug, name }) => ({ slug, name: name ?? slug, there: await there(unwrap(api.GET('/v1/integrations/{slug}', { params: { path: { slug } } }))) })),
    ),
    connections: await Promise.all(
      example.connections.map(async ({ id, name, integrationSlug }) => ({
        id,
        name: name ?? id,
        secrets: secretsOf(example, integrationSlug),
        there: await there(unwrap(api.GET('/v1/connections/{id}', { params: { path: { id } } }))),
      })),
    ),
  };
}

/** What the person filled in for a connection that is to be made, by its id; none where it is left for later. */
export type Secrets = Record<string, Record<string, string>>;

/** Makes an example's flow under this slug, and before it the integrations and connections that it lacks. */
export async function createExample(example: Example, slug: string, needs: Needs, secrets: Secrets): Promise<string> {
  for (const { slug: each } of needs.integrations.filter((integration) => !integration.there)) {
    await makeIntegration(example, each);
  }
  for (const { id } of needs.connections.filter((connection) => !connection.there)) {
    const body = example.connections.find((each) => each.id === id);
    if (body && secrets[id]) await unwrap(api.POST('/v1/connections', { body: { ...body, secrets: secrets[id] } }));
  }
  return createFlow(slug, copyOf(example.flow, slug, example.name));
}

async function makeIntegration(example: Example, slug: string) {
  const params = { path: { slug } };
  try {
    await unwrap(api.PUT('/v1/integrations/{slug}/draft', { params, headers: { 'if-none-match': '*' } as never, body: example.integrations.find((each) => each.slug === slug) as never }));
  } catch (error) {
    // Somebody was faster; theirs it is.
    if (isTaken(error)) return;
    throw error;
  }
  await unwrap(api.POST('/v1/integrations/{slug}/publish', { params }));
}

/** An act on flows, after which the list is read anew. */
export function useFlowAct<In, Out>(act: (input: In) => Promise<Out>, onDone?: (out: Out, input: In) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (out, input) => {
      void queries.invalidateQueries({ queryKey: flowsKey });
      onDone?.(out, input);
    },
  });
}
