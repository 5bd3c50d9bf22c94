export { AnyField } from './any-field';
export { JsonValueField } from './json-value-field';
export { Properties, SchemaField } from './schema-field';
export { asSchema, resolve, type Schema } from './schema';
