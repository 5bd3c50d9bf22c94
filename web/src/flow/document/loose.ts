// Any JSON as one types it in one line.
import type { Json } from './types';

/** A text stands without quotes unless it would read as something else. */
export function looseText(value: Json | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  return readsAsJson(value) ? JSON.stringify(value) : value;
}

export function looseValue(text: string): Json | undefined {
  if (text === '') return undefined;
  return readsAsJson(text) ? (JSON.parse(text) as Json) : text;
}

function readsAsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
