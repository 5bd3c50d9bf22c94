// What an API call's node holds, as the document has it.
import type { Json, NodeDoc } from '../../document/types';

export interface RowDoc {
  name: string;
  value?: string;
  enabled?: boolean;
  optional?: boolean;
}

export interface PartDoc extends RowDoc {
  filename?: string;
  contentType?: string;
}

export interface OutputDoc {
  var: string;
  path?: string;
  from?: string;
  type?: string;
  transform?: string;
  default?: Json;
  required?: boolean;
  sensitive?: boolean;
  asList?: boolean;
}

export interface BodyDoc {
  type: string;
  value?: Json;
  text?: string;
  fields?: RowDoc[];
  parts?: PartDoc[];
  contentType?: string;
  extra?: Json;
  excludeUserInfo?: boolean;
}

export interface AuthDoc {
  type: string;
  username?: string;
  password?: string;
  token?: string;
  name?: string;
  value?: string;
}

export interface RetryDoc {
  maxAttempts?: number;
  withinMs?: number;
  on?: string | number | (string | number)[];
}

/** What every part of the panel gets. */
export interface PartProps {
  id: string;
  node: NodeDoc;
  /** Writes these keys; `undefined` takes one out. */
  patch(changes: Record<string, unknown>): void;
  readOnly: boolean;
}

export function patched(node: NodeDoc, changes: Record<string, unknown>): NodeDoc {
  return Object.fromEntries(Object.entries({ ...node, ...changes }).filter(([, value]) => value !== undefined)) as NodeDoc;
}

/** A list of the document, or none where its author wrote something else there. */
export function listOf<T extends object>(value: unknown): T[] {
  return Array.isArray(value) ? value.filter((item): item is T => typeof item === 'object' && item !== null) : [];
}

export function objectOf<T extends object>(value: unknown): T | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as T) : undefined;
}

/** An empty list is left out of the document. */
export function orNone<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** A row with only what differs from the default. */
export function tidy<T extends object>(row: T): T {
  return Object.fromEntries(Object.entries(row).filter(([key, value]) => value !== undefined && !(key === 'enabled' && value === true) && !(key !== 'enabled' && value === false))) as T;
}

/** Lines as they are pasted from elsewhere: `name: value` or `name=value`, also a query text in one line. */
export function pastedRows(text: string): RowDoc[] | null {
  const trimmed = text.trim();
  const lines = trimmed.includes('\n') ? trimmed.split(/\r?\n/) : /^\??[^=&\s]+=[^&]*(&[^=&\s]+=[^&]*)+$/.test(trimmed) ? trimmed.replace(/^\?/, '').split('&') : [];
  const rows = lines
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => /^([^:=\s]+)\s*[:=]\s*(.*)$/.exec(line))
    .map((match) => match && { name: match[1]!, value: unquoted(match[2]!) });
  return rows.length > 1 && rows.every((row) => row !== null) ? rows : null;
}

function unquoted(text: string): string {
  const quoted = /^(["'])(.*)\1,?$/.exec(text);
  return quoted ? quoted[2]! : text;
}

/** The names of the variables that a call sets: its own, the operation's, and what every call tells. */
export function ownVariables(node: NodeDoc, given: OutputDoc[]): string[] {
  const told = node.mode === 'integration' ? ['integrationStatus', 'integrationOk', 'integrationError'] : [typeof node.responseVariable === 'string' ? node.responseVariable : 'httpResult', 'httpStatus', 'httpOk', 'httpHeaders', 'httpError'];
  return [...listOf<OutputDoc>(node.outputs), ...given].map((row) => row.var).filter(Boolean).concat(told);
}
