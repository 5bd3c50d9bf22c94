import { queryOptions } from '@tanstack/react-query';
import { api, unwrap } from '@/shared/api/client';
import type { JsonSchema } from './schema';

/** The schema of flows: what the server takes, so that what it learns later has a form at once. */
export const flowSchemaQuery = queryOptions({
  queryKey: ['schema', 'flow'],
  queryFn: async () => (await unwrap(api.GET('/v1/schemas/{kind}', { params: { path: { kind: 'flow' } } }))) as unknown as JsonSchema,
  staleTime: Infinity,
});

/** The schema of one type of node. */
export function nodeSchema(schema: JsonSchema, type: string): JsonSchema | undefined {
  return schema.$defs?.NodeDraft?.oneOf?.find((option) => option.properties?.type?.const === type);
}
