// What the server says a call would be, and what it was.
import { api, unwrap, type Schemas } from '@/shared/api/client';
import type { SampleScope } from '../context';
import type { NodeDoc } from '../document/types';
import type { Attempt } from '../record/types';

export interface SentRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[]>;
  body: unknown;
}

export interface Remark {
  at?: string;
  code: string;
  message: string;
}

export interface CallPreview {
  kind: string;
  request: SentRequest | null;
  invalid: Remark[];
  problems: Remark[];
  verdict: { allow: boolean; reason: string; host: string; message: string } | null;
  retry: { maxAttempts: number; withinMs: number; timeoutMs: number; on: string[]; rule: string } | null;
  fed: { at: string; reads: string[] }[];
}

export interface CallAnswer {
  outcome: string | null;
  status: number | null;
  durationMs?: number;
  case: { index: number; name: string | null; on: unknown } | 'next' | null;
  to?: string | null;
  set: Record<string, unknown> | null;
  request: SentRequest | null;
  response: { status: number; headers: Record<string, string | string[]>; body: unknown; bytes: number; bodyCut?: boolean } | null;
  attempts: Attempt[];
  problems: Remark[];
  raw: string | null;
}

/** The node without what is not filled in yet: a test needs no targets. */
function ready(node: NodeDoc): NodeDoc {
  const { next, cases, ...rest } = node;
  const rows = Array.isArray(cases) ? cases.map((row: Record<string, unknown>) => Object.fromEntries(Object.entries(row).filter(([key, value]) => !((key === 'to' || key === 'when' || key === 'name') && value === '')))) : cases;
  return { ...rest, ...(rows === undefined ? {} : { cases: rows }), ...(next ? { next } : {}) } as NodeDoc;
}

function body(node: NodeDoc, scope: SampleScope) {
  return { node: ready(node) as never, scope: scope as Schemas['Scope'] };
}

export async function previewCall(node: NodeDoc, scope: SampleScope): Promise<CallPreview> {
  return (await unwrap(api.POST('/v1/calls/preview', { body: body(node, scope) }))) as unknown as CallPreview;
}

export async function testCall(node: NodeDoc, scope: SampleScope, confirm: boolean, signal: AbortSignal): Promise<CallAnswer> {
  return (await unwrap(api.POST('/v1/calls/test', { body: { ...body(node, scope), confirm }, signal }))) as unknown as CallAnswer;
}

export function exportCall(node: NodeDoc, scope: SampleScope): Promise<Schemas['ExportedCall']> {
  return unwrap(api.POST('/v1/calls/export', { body: body(node, scope) }));
}

/** The paths that the request's templates read, as the server reads them: `event.from`. */
export async function readsOf(texts: string[]): Promise<string[]> {
  if (texts.length === 0) return [];
  const fields = texts.slice(0, 200).map((text, index) => ({ key: String(index), position: 'text' as const, text }));
  const answer = await unwrap(api.POST('/v1/render', { body: { scope: {}, fields } }));
  return [...new Set(answer.fields.flatMap((field) => field.reads))];
}
