// Which one text an edit changed: typing in it is one step of undo, any other act is a step of its own.

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The path of the only text that differs; null where something else, or more, does. */
export function typedField(before: unknown, after: unknown, path = ''): string | null {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    return keys.length === 1 ? typedField(before[keys[0]!], after[keys[0]!], `${path}.${keys[0]}`) : null;
  }
  const isText = (value: unknown) => value === undefined || typeof value === 'string' || typeof value === 'number';
  return isText(before) && isText(after) ? path : null;
}
