// What a JSON Schema says of a value, as a form needs it. Checking is the server's: this only chooses controls.
import type { Json } from '../document/types';

export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  const?: Json;
  enum?: Json[];
  default?: Json;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
}

export type Defs = Record<string, JsonSchema>;

export interface Choice {
  value: Json;
  label: string;
  description?: string;
}

export interface Variant {
  label: string;
  description?: string;
  schema: JsonSchema;
}

export type View =
  | { kind: 'text'; expression: boolean; multiline: boolean }
  | { kind: 'number'; whole: boolean; minimum?: number; maximum?: number }
  | { kind: 'boolean' }
  | { kind: 'choice'; choices: Choice[] }
  | { kind: 'object'; properties: [string, JsonSchema][]; required: Set<string> }
  | { kind: 'map' }
  | { kind: 'list'; items: JsonSchema }
  | { kind: 'variants'; variants: Variant[] }
  | { kind: 'any' };

/** Follows references; what a reference stands beside (a description, a default) wins over what it leads to. */
export function resolve(schema: JsonSchema, defs: Defs): JsonSchema {
  let now = schema;
  for (let hops = 0; now.$ref && hops < 16; hops++) {
    const { $ref, ...beside } = now;
    now = { ...(defs[$ref.replace(/^#\/\$defs\//, '')] ?? {}), ...beside };
  }
  const options = now.anyOf ?? now.oneOf;
  // A schema or null is that schema: a key that is not there says the same.
  const some = options?.filter((option) => option.type !== 'null' && option.const !== null);
  if (some?.length === 1 && options!.length > 1) {
    const { anyOf: _a, oneOf: _o, ...beside } = now;
    return resolve({ ...some[0], ...beside }, defs);
  }
  return now;
}

const typesOf = (schema: JsonSchema) => [schema.type ?? []].flat().filter((type) => type !== 'null');

/** `resultVariable` → `Result variable`. */
export function labelOf(key: string): string {
  const words = key.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const firstLine = (text: string | undefined) => text?.split(/\n\n/)[0]?.replace(/\s+/g, ' ');

/** The property that tells the variants of an object apart, and its value in each. */
export function tagOf(schema: JsonSchema, defs: Defs): { key: string; value: Json } | null {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const resolved = resolve(property, defs);
    if (resolved.const !== undefined) return { key, value: resolved.const };
  }
  return null;
}

function variantOf(option: JsonSchema, defs: Defs): Variant {
  const schema = resolve(option, defs);
  const tag = tagOf(schema, defs);
  const names: Record<string, string> = { string: 'Text', integer: 'Whole number', number: 'Number', boolean: 'Yes/no', object: 'Object', array: 'List' };
  const keys = Object.keys(schema.properties ?? {});
  const label = tag ? labelOf(String(tag.value)) : (schema.title ?? (keys.length === 1 ? labelOf(keys[0]!) : (names[typesOf(schema)[0] ?? ''] ?? 'Other')));
  return { label, description: firstLine(schema.description), schema };
}

function choicesOf(schema: JsonSchema): Choice[] | null {
  if (schema.enum) return schema.enum.filter((value) => value !== null).map((value) => ({ value, label: labelOf(String(value)) }));
  const options = schema.oneOf ?? schema.anyOf;
  if (!options || !options.every((option) => option.const !== undefined || option.enum)) return null;
  return options.flatMap((option) =>
    (option.enum ?? [option.const!]).filter((value) => value !== null).map((value) => ({ value, label: labelOf(String(value)), description: firstLine(option.description) })),
  );
}

export function viewOf(given: JsonSchema, defs: Defs): View {
  const schema = resolve(given, defs);
  const choices = choicesOf(schema);
  if (choices) return { kind: 'choice', choices };
  const options = (schema.oneOf ?? schema.anyOf)?.filter((option) => option.type !== 'null');
  if (options && options.length > 1) return { kind: 'variants', variants: options.map((option) => variantOf(option, defs)) };
  const types = typesOf(schema);
  if (types.includes('string')) {
    const said = schema.description ?? '';
    return { kind: 'text', expression: /\bexpression\b/i.test(said) && !/template/i.test(said), multiline: /\b(text|body|message)\b/i.test(said) && !/\bname\b/i.test(said) };
  }
  if (types.length > 1) return { kind: 'any' };
  switch (types[0]) {
    case 'integer':
    case 'number':
      return { kind: 'number', whole: types[0] === 'integer', minimum: schema.minimum, maximum: schema.maximum };
    case 'boolean':
      return { kind: 'boolean' };
    case 'array':
      return { kind: 'list', items: schema.items ?? {} };
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      return properties.length > 0 ? { kind: 'object', properties, required: new Set(schema.required) } : { kind: 'map' };
    }
    default:
      return { kind: 'any' };
  }
}

/** Which of the variants a value is. */
export function variantIndex(value: unknown, variants: readonly Variant[], defs: Defs): number {
  const fits = (schema: JsonSchema) => {
    const tag = tagOf(schema, defs);
    const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
    if (tag) return object?.[tag.key] === tag.value;
    const types = typesOf(schema);
    if (types.includes('object')) return object !== null && (schema.required ?? []).every((key) => key in object);
    if (types.includes('array')) return Array.isArray(value);
    if (types.includes('string')) return typeof value === 'string';
    if (types.includes('boolean')) return typeof value === 'boolean';
    if (types.includes('number') || types.includes('integer')) return typeof value === 'number';
    return types.length === 0;
  };
  return variants.findIndex((variant) => fits(variant.schema));
}

/** The least value of a schema: its default, its tag, what it requires. */
export function blank(given: JsonSchema, defs: Defs): Json {
  const schema = resolve(given, defs);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  const view = viewOf(schema, defs);
  switch (view.kind) {
    case 'text':
      return '';
    case 'number':
      return view.minimum ?? 0;
    case 'boolean':
      return false;
    case 'choice':
      return view.choices[0]?.value ?? null;
    case 'list':
      return [];
    case 'map':
      return {};
    case 'variants':
      return blank(view.variants[0]!.schema, defs);
    case 'object':
      return Object.fromEntries(view.properties.flatMap(([key, property]) => (view.required.has(key) ? [[key, blank(property, defs)]] : [])));
    default:
      return null;
  }
}
