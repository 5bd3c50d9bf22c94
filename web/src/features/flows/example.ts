import type { FlowDoc } from '@/flow/document/types';
import type { Schemas } from '@/shared/api/client';

/** A flow to begin with, and what it needs; the API's document says of its parts that they are documents. */
export interface Example extends Omit<Schemas['Example'], 'flow' | 'integrations' | 'connections'> {
  flow: FlowDoc;
  integrations: { slug: string; name?: string; [key: string]: unknown }[];
  /** Without their secrets. */
  connections: Schemas['NewConnection'][];
}
