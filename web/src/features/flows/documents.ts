// The documents that new flows begin with.
import type { FlowDoc, NodeDoc } from '@/flow/document/types';

/** What starts a flow: an event of this name, or the API alone where there is none. */
function triggerOf(event: string): FlowDoc['trigger'] {
  return event ? { type: 'event', event } : { type: 'api' };
}

/** An end and nothing else: it can be published and run as it is. */
export function blankFlow(slug: string, name: string, event: string): FlowDoc {
  return { kind: 'flow', slug, name, trigger: triggerOf(event), start: 'done', nodes: { done: { type: 'end', name: 'Done' } }, layout: { done: { x: 0, y: 0 } } };
}

/** One call, and then the end, whatever comes back. */
export function callFlow(slug: string, name: string, call: NodeDoc): FlowDoc {
  const node: NodeDoc = { ...call, name: callName(call), cases: [{ on: '2xx', to: 'done' }, { on: 'other', to: 'done' }] };
  return {
    kind: 'flow',
    slug,
    name,
    trigger: { type: 'api' },
    start: 'call',
    nodes: { call: node, done: { type: 'end', name: 'Done' } },
    layout: { call: { x: 0, y: 0 }, done: { x: 0, y: 240 } },
  };
}

/** `POST api.example.com/v1/items`, as far as the call's URL can be read. */
export function callName(call: NodeDoc): string {
  const url = typeof call.url === 'string' ? call.url : '';
  const [, host = '', path = ''] = url.match(/^https?:\/\/([^/?#]+)([^?#]*)/) ?? [];
  return `${typeof call.method === 'string' ? call.method : 'GET'} ${host}${path === '/' ? '' : path}`.slice(0, 80).trim();
}

/** The same flow under another slug; its number stays the first one's own. */
export function copyOf(doc: FlowDoc, slug: string, name: string): FlowDoc {
  const { number: _, ...rest } = doc;
  return { ...rest, slug, name };
}

/** The slug that a document's text says, where it is plain to see; the server reads the document itself. */
export function slugIn(text: string): string {
  return text.match(/(?:^|[{,])\s*["']?slug["']?\s*:\s*["']?([a-z0-9][a-z0-9-]*)/m)?.[1] ?? '';
}

/** The first of `slug`, `slug-2`, … that is not taken. */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug;
  for (let count = 2; ; count++) if (!taken.has(`${slug}-${count}`)) return `${slug}-${count}`;
}
