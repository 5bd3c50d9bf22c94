// An integration as its author has it: perhaps unfinished, perhaps wrong. The server's check says what is.
import type { AuthDoc } from '@/flow/auth-form/auth-form';
import type { TlsDoc } from '@/flow/auth-form/tls-form';
import type { NameValue } from '@/flow/name-value-rows';

export type JsonObject = Record<string, unknown>;

export interface BodyDoc {
  type: string;
  [key: string]: unknown;
}

export interface OutputDoc {
  var: string;
  path?: string;
  from?: string;
  type?: string;
  transform?: string;
  default?: unknown;
  required?: boolean;
  sensitive?: boolean;
  asList?: boolean;
}

export interface OperationDoc {
  name?: string;
  description?: string;
  method?: string;
  path: string;
  query?: NameValue[];
  headers?: NameValue[];
  querySeparator?: string;
  body?: BodyDoc;
  inputSchema?: JsonObject;
  responseSchema?: JsonObject;
  defaultOutputMappings?: OutputDoc[];
  resultPath?: string;
  timeoutMs?: number;
  retry?: JsonObject;
  idempotency?: { header: string };
  [key: string]: unknown;
}

export interface IntegrationDoc {
  kind: 'integration';
  slug: string;
  name?: string;
  description?: string;
  source?: { from?: string; date?: string; version?: string };
  baseUrl: string;
  headers?: NameValue[];
  auth?: AuthDoc;
  tls?: TlsDoc;
  configSchema?: JsonObject;
  secretSchema?: JsonObject;
  verify?: string;
  operations: Record<string, OperationDoc>;
  [key: string]: unknown;
}

/** An object of the document; empty where its author wrote something else there. */
export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The rows of a list; none where its author wrote something else there. */
export function listOf<T = NameValue>(value: unknown): T[] {
  return Array.isArray(value) ? value.filter((item): item is T => typeof item === 'object' && item !== null) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A copy with one key set; what is empty is left out of the document. */
export function withKey<T extends object>(of: T, key: string, value: unknown): T {
  const { [key]: _, ...rest } = of as JsonObject;
  const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  // A key that is there stays where it stands.
  if (!empty && key in of) return { ...of, [key]: value };
  return (empty ? rest : { ...rest, [key]: value }) as T;
}

/** The operations as they can be drawn, in the document's order. */
export function operationsOf(doc: IntegrationDoc): [string, OperationDoc][] {
  return Object.entries(objectOf(doc.operations)).map(([key, value]) => [key, objectOf(value) as OperationDoc]);
}

/** A key that is not taken: `find`, `find2`, `find3`. */
export function freeKey(taken: object, wanted: string): string {
  let key = wanted;
  for (let count = 2; key in taken; count++) key = `${wanted}${count}`;
  return key;
}

/** The same operations with one of them under another key, where it stood. */
export function renamed<T>(operations: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(operations).map(([key, value]) => [key === from ? to : key, value]));
}

/** The same operations with a new one after another; at the end where that is not there. */
export function insertedAfter<T>(operations: Record<string, T>, after: string | undefined, key: string, value: T): Record<string, T> {
  const entries = Object.entries(operations);
  const index = entries.findIndex(([name]) => name === after);
  entries.splice(index < 0 ? entries.length : index + 1, 0, [key, value]);
  return Object.fromEntries(entries);
}

/** A fresh integration, with one operation to begin with. */
export function freshIntegration(slug: string, name: string, baseUrl: string): IntegrationDoc {
  return { kind: 'integration', slug, ...(name ? { name } : {}), baseUrl, operations: {} };
}
