// JSON Schema as a form reads it: what kind of control a value wants. It judges nothing.
import type { Json } from '../document/types';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  const?: Json;
  enum?: Json[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  deprecated?: boolean;
  examples?: Json[];
}

export function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

/** How deep references are followed: a schema may name itself. */
const refsMax = 16;

/** The schema itself where it is a reference; several that all hold are put together. */
export function resolve(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let count = 0; found.$ref !== undefined && count < refsMax; count++) {
    const { $ref, ...beside } = found;
    found = { ...asSchema(at($ref, root)), ...beside };
  }
  if (found.allOf && !found.oneOf && !found.anyOf) {
    const { allOf, ...own } = found;
    return allOf.map((part) => resolve(part, root)).reduce<Schema>((sum, part) => ({ ...part, ...sum, properties: { ...part.properties, ...sum.properties }, required: [...(part.required ?? []), ...(sum.required ?? [])] }), own);
  }
  return found;
}

function at(ref: string, root: Schema): unknown {
  if (!ref.startsWith('#/')) return undefined;
  const steps = ref
    .slice(2)
    .split('/')
    .map((step) => decodeURIComponent(step).replace(/~1/g, '/').replace(/~0/g, '~'));
  return steps.reduce<unknown>((value, step) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined), root);
}

export type Control = 'text' | 'number' | 'boolean' | 'choice' | 'object' | 'list' | 'oneOf' | 'any';

/** The kinds that a value may have, null apart. */
function typesOf(schema: Schema): string[] {
  const types = schema.type === undefined ? [] : Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.filter((type) => type !== 'null');
}

/** The ways of which one is chosen; null is none of them: leaving a field empty says it. */
export function waysOf(schema: Schema, root: Schema): Schema[] {
  return (schema.oneOf ?? schema.anyOf ?? []).map((way) => resolve(way, root)).filter((way) => way.type !== 'null');
}

export function controlOf(schema: Schema, root: Schema): Control {
  if (schema.enum || schema.const !== undefined) return 'choice';
  const ways = waysOf(schema, root);
  if (ways.length > 1) return 'oneOf';
  if (ways.length === 1) return controlOf(ways[0]!, root);
  const types = typesOf(schema);
  if (types.length > 1) return types.every((type) => type === 'integer' || type === 'number') ? 'number' : 'any';
  switch (types[0]) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return 'list';
    case 'object':
      return schema.properties && Object.keys(schema.properties).length > 0 ? 'object' : 'any';
    default:
      return schema.properties ? 'object' : schema.items ? 'list' : 'any';
  }
}

/** Which of the ways a value goes: by its fixed fields, else by its kind; the first where nothing tells. */
export function wayOf(ways: Schema[], value: Json | undefined, root: Schema): number {
  if (value === undefined) return 0;
  const scores = ways.map((way) => scoreOf(way, value, root));
  return Math.max(0, scores.indexOf(Math.max(...scores)));
}

function scoreOf(way: Schema, value: Json, root: Schema): number {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = typesOf(way).map((type) => (type === 'integer' ? 'number' : type));
  if (way.const !== undefined) return way.const === value ? 100 : -1;
  if (way.enum) return way.enum.includes(value) ? 90 : -1;
  if (types.length > 0 && !types.includes(kind)) return -1;
  if (kind !== 'object') return 1;
  const object = value as Record<string, Json>;
  return Object.entries(way.properties ?? {}).reduce((score, [name, part]) => {
    if (!(name in object)) return score;
    const fixed = resolve(part, root).const;
    return fixed === undefined ? score + 1 : fixed === object[name] ? score + 50 : score - 50;
  }, 1);
}

/** A way in a word or two. */
export function wayLabel(way: Schema, index: number, root: Schema): string {
  if (way.title) return way.title;
  if (way.const !== undefined) return String(way.const);
  const fixed = Object.entries(way.properties ?? {}).map(([, part]) => resolve(part, root).const).find((value) => value !== undefined);
  if (fixed !== undefined) return String(fixed);
  const names = { text: 'Text', number: 'Number', boolean: 'Yes or no', choice: 'One of a list', object: Object.keys(way.properties ?? {}).slice(0, 3).join(', '), list: 'List', oneOf: 'Choice', any: 'Any value' };
  return names[controlOf(way, root)] || `Way ${index + 1}`;
}

/** What a value must keep to, in few words, beside its description. */
export function boundsOf(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength } = schema;
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : minimum !== undefined ? `at least ${minimum}` : maximum !== undefined ? `at most ${maximum}` : '';
  const length = maxLength !== undefined ? `at most ${maxLength} characters` : minLength !== undefined && minLength > 1 ? `at least ${minLength} characters` : '';
  return [schema.format, range, length].filter(Boolean).join(', ');
}

/** What a fresh value of a schema begins as. */
export function blankOf(schema: Schema, root: Schema): Json {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  switch (controlOf(schema, root)) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
          const fixed = resolve(part, root).const;
          return fixed === undefined ? [] : [[name, fixed]];
        }),
      );
    case 'list':
      return [];
    case 'oneOf':
      return blankOf(waysOf(schema, root)[0]!, root);
    default:
      return '';
  }
}
