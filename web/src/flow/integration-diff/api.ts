import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, unwrap, type Schemas } from '@/shared/api/client';

export interface Change {
  /** Absent where it is the integration's own. */
  operation?: string;
  what: 'operation' | 'input' | 'answer' | 'output' | 'request' | 'connection' | 'description';
  name?: string;
  breaking: boolean;
  message: string;
}

export interface TouchedCall {
  node: string;
  operation: string;
  version: number;
  changes: Change[];
}

export interface IntegrationDiff {
  from: string;
  to: string;
  breaking: boolean;
  changes: Change[];
  flows: (Omit<Schemas['FlowTouched'], 'calls'> & { calls: TouchedCall[] })[];
}

/** What differs between two versions; without them, between the newest version and the draft. */
export function diffQuery(slug: string, from?: string, to?: string) {
  return queryOptions({
    queryKey: ['integrations', slug, 'diff', from, to],
    queryFn: async () => (await unwrap(api.GET('/v1/integrations/{slug}/diff', { params: { path: { slug }, query: { from, to } } }))) as unknown as IntegrationDiff,
    placeholderData: keepPreviousData,
    retry: false,
  });
}
