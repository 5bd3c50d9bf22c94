import { useQuery } from '@tanstack/react-query';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import type { Json } from '../document/types';
import { JsonValueField } from '../fields/json-value-field';
import type { NodeDoc, PanelProps } from '../kinds/kind';
import { NextField, PanelBody } from '../kinds/panel-parts';
import { flowSchemaQuery, nodeSchema } from './api';
import { viewOf } from './schema';
import { SchemaFields } from './schema-field';

/** Edited above the form: the head of the panel has the name, and the way on is the last field. */
const elsewhere = ['type', 'name', 'description', 'next'];

/** The panel of a kind without one of its own, made from the node's schema. */
export function SchemaForm({ id, node, onChange, readOnly }: PanelProps) {
  const schema = useQuery(flowSchemaQuery);
  if (schema.isError) return <ErrorState error={schema.error} onRetry={() => void schema.refetch()} />;
  if (!schema.data) return <Skeleton rows={4} />;
  const defs = schema.data.$defs ?? {};
  const own = nodeSchema(schema.data, node.type);
  const view = own && viewOf(own, defs);
  if (!own || view?.kind !== 'object') return <AsJson id={id} node={node} onChange={onChange} readOnly={readOnly} />;
  const nexts = view.properties.some(([key]) => key === 'next');
  return (
    <PanelBody>
      {own.description && <p className="text-sm text-ink-2">{own.description}</p>}
      <SchemaFields view={view} schema={own} defs={defs} except={elsewhere} value={node as Json} onChange={(next) => onChange(next as unknown as NodeDoc)} node={id} path="" readOnly={readOnly} />
      {nexts && <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} />}
    </PanelBody>
  );
}

/** A type that the server does not know either. */
function AsJson({ id, node, onChange, readOnly }: PanelProps) {
  const { type, name, description, ...rest } = node;
  return (
    <JsonValueField
      label="The node as JSON"
      hint={`The server knows no type “${type}”.`}
      value={rest as Json}
      node={id}
      dataField=""
      readOnly={readOnly}
      onChange={(next) => {
        if (typeof next === 'object' && next !== null && !Array.isArray(next)) onChange({ ...next, type, ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) } as NodeDoc);
      }}
    />
  );
}
