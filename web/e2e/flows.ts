// Flows that scenarios need and do not draw.
import type { Site } from './site';

export interface Pin {
  integration: string;
  version: number;
  operation: string;
  connection: string;
  inputs?: Record<string, unknown>;
}

/** Publishes a flow of one call, which ends with the call's status. */
export async function publishCall(site: Site, slug: string, { integration, version, operation, connection, inputs = {} }: Pin) {
  await site.api('PUT', `/v1/flows/${slug}/draft`, {
    kind: 'flow',
    slug,
    trigger: { type: 'event', event: slug },
    start: 'call',
    nodes: {
      call: {
        type: 'apiCall',
        mode: 'integration',
        integrationSlug: integration,
        integrationVersion: version,
        operationKey: operation,
        connectionId: connection,
        inputs,
        cases: [{ on: ['2xx', 'other'], to: 'done' }],
      },
      done: { type: 'end', result: '{{ vars.integrationStatus }}' },
    },
  });
  await site.api('POST', `/v1/flows/${slug}/publish`);
}

/** Runs a flow to its end, and gives its result. */
export async function resultOf(site: Site, slug: string): Promise<unknown> {
  const run = await site.api<{ status: string; result: unknown }>('POST', `/v1/flows/${slug}/runs?wait=10s`, { event: { name: slug } });
  if (run.status !== 'completed') throw new Error(`the run of ${slug} is ${run.status}`);
  return run.result;
}
