// What differs between two values of the audit log, field by field.

export interface Change {
  /** As `settings.retention.runs`; empty for the whole value. */
  path: string;
  what: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNothing = (value: unknown) => value === undefined || value === null;

/** The fields that differ; objects are gone into, lists are compared as a whole. */
export function changesOf(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) || isObject(after)) {
    if ((isObject(before) || isNothing(before)) && (isObject(after) || isNothing(after))) {
      const was = isObject(before) ? before : {};
      const is = isObject(after) ? after : {};
      const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
      return keys.flatMap((key) => changesOf(was[key], is[key], path ? `${path}.${key}` : key));
    }
  }
  if (JSON.stringify(before) === JSON.stringify(after) || (isNothing(before) && isNothing(after))) return [];
  if (isNothing(before)) return [{ path, what: 'added', after }];
  if (isNothing(after)) return [{ path, what: 'removed', before }];
  return [{ path, what: 'changed', before, after }];
}
