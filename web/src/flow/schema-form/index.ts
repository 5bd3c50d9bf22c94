export { SchemaForm } from './schema-form';
export { flowSchemaQuery } from './api';
