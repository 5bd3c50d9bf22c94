// One value by its schema: the control that fits it, and those of what is in it.
import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from '@/shared/ui/button';
import { TextField } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import { Switch } from '@/shared/ui/toggle';
import type { Json } from '../document/types';
import { JsonValueField } from '../fields/json-value-field';
import { NamedValues } from '../fields/named-values';
import { FieldProblems } from '../fields/problems';
import { ExpressionField, TemplateField } from '../template-field';
import { blank, labelOf, resolve, variantIndex, viewOf, type Defs, type JsonSchema, type View } from './schema';

export interface SchemaFieldProps {
  schema: JsonSchema;
  defs: Defs;
  label: string;
  value: Json | undefined;
  /** Undefined takes the key out. */
  onChange(value: Json | undefined): void;
  required?: boolean;
  /** The node whose problems are shown and whose variables are completed. */
  node: string;
  /** Its path below the node. */
  path: string;
  readOnly: boolean;
}

type Props<K extends View['kind']> = SchemaFieldProps & { view: Extract<View, { kind: K }>; hint?: string };

export function SchemaField(props: SchemaFieldProps) {
  const view = viewOf(props.schema, props.defs);
  const hint = resolve(props.schema, props.defs).description?.replace(/\s+/g, ' ');
  switch (view.kind) {
    case 'text':
      return <TextControl {...props} view={view} hint={hint} />;
    case 'number':
      return <NumberControl {...props} view={view} hint={hint} />;
    case 'boolean':
      return <BooleanControl {...props} hint={hint} />;
    case 'choice':
      return <ChoiceControl {...props} view={view} hint={hint} />;
    case 'variants':
      return <VariantsControl {...props} view={view} hint={hint} />;
    case 'object':
      return (
        <Group {...props} hint={hint}>
          <SchemaFields {...props} view={view} />
        </Group>
      );
    case 'map':
      return (
        <Group {...props} hint={hint}>
          <NamedValues noun="key" value={props.value} onChange={(value) => props.onChange(value)} node={props.node} dataField={props.path} readOnly={props.readOnly} />
        </Group>
      );
    case 'list':
      return (
        <Group {...props} hint={hint}>
          <ListControl {...props} view={view} />
        </Group>
      );
    default:
      return <JsonValueField label={props.label} required={props.required} hint={hint} value={props.value} onChange={props.onChange} node={props.node} dataField={props.path} readOnly={props.readOnly} />;
  }
}

function Group({ label, hint, node, path, children }: SchemaFieldProps & { hint?: string; children: ReactNode }) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 border-l-2 border-line pl-3">
      <legend className="float-left mb-1 text-xs font-medium text-ink-2">{label}</legend>
      <div className="clear-both flex min-w-0 flex-col gap-3">
        {hint && <p className="-mt-1 text-xs text-ink-3">{hint}</p>}
        {children}
        <FieldProblems node={node} field={path} />
      </div>
    </fieldset>
  );
}

function TextControl({ view, label, value, onChange, required, node, path, readOnly, hint }: Props<'text'>) {
  const shared = { label, required, node, dataField: path, readOnly, hint, value: value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value) };
  const change = (text: string) => onChange(text === '' && !required ? undefined : text);
  return view.expression ? <ExpressionField {...shared} onChange={change} /> : <TemplateField {...shared} onChange={change} position="text" multiline={view.multiline} />;
}

function NumberControl({ view, label, value, onChange, required, node, path, readOnly, hint }: Props<'number'>) {
  return (
    <div>
      <TextField
        label={label}
        hint={hint}
        required={required}
        type="number"
        step={view.whole ? 1 : 'any'}
        min={view.minimum}
        max={view.maximum}
        data-field={path}
        readOnly={readOnly}
        value={typeof value === 'number' ? String(value) : ''}
        onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
      />
      <FieldProblems node={node} field={path} />
    </div>
  );
}

function BooleanControl({ label, value, onChange, node, path, readOnly, hint, schema, defs }: SchemaFieldProps & { hint?: string }) {
  const byDefault = resolve(schema, defs).default === true;
  const on = typeof value === 'boolean' ? value : byDefault;
  return (
    <div data-field={path}>
      <Switch label={label} hint={hint} checked={on} disabled={readOnly} onChange={(next) => onChange(next === byDefault ? undefined : next)} />
      <FieldProblems node={node} field={path} />
    </div>
  );
}

function ChoiceControl({ view, label, value, onChange, required, node, path, readOnly, hint, schema, defs }: Props<'choice'>) {
  const keyOf = (choice: Json) => JSON.stringify(choice);
  const fallback = resolve(schema, defs).default;
  const now = value === undefined || value === null ? (fallback ?? undefined) : value;
  const chosen = view.choices.find((choice) => keyOf(choice.value) === (now === undefined ? '' : keyOf(now)));
  return (
    <div>
      <SelectField
        label={label}
        hint={chosen?.description ?? hint}
        required={required}
        data-field={path}
        disabled={readOnly}
        value={now === undefined ? '' : keyOf(now)}
        placeholder={required || fallback !== undefined ? undefined : 'Not set'}
        options={view.choices.map((choice) => ({ value: keyOf(choice.value), label: choice.label }))}
        onChange={(key) => onChange(key === '' ? undefined : (JSON.parse(key) as Json))}
      />
      <FieldProblems node={node} field={path} />
    </div>
  );
}

function VariantsControl(props: Props<'variants'>) {
  const { view, label, value, onChange, required, path, readOnly, defs, hint } = props;
  const set = value !== undefined && value !== null;
  const index = set ? variantIndex(value, view.variants, defs) : -1;
  const variant = view.variants[index];
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <SelectField
        label={label}
        hint={variant?.description ?? hint}
        required={required}
        data-field={path}
        disabled={readOnly}
        value={index < 0 ? '' : String(index)}
        placeholder={required && index >= 0 ? undefined : set && index < 0 ? 'As it is written' : 'Not set'}
        options={view.variants.map((each, at) => ({ value: String(at), label: each.label }))}
        onChange={(at) => onChange(at === '' ? undefined : blank(view.variants[Number(at)]!.schema, defs))}
      />
      {variant ? <Inner {...props} schema={variant.schema} /> : set ? <JsonValueField {...props} dataField={path} value={value} /> : null}
    </div>
  );
}

/** What a variant holds, without saying its name again. */
function Inner(props: SchemaFieldProps) {
  const view = viewOf(props.schema, props.defs);
  if (view.kind !== 'object') return <SchemaField {...props} schema={{ ...resolve(props.schema, props.defs), description: undefined }} />;
  return (
    <div className="flex min-w-0 flex-col gap-3 border-l-2 border-line pl-3 empty:hidden">
      <SchemaFields {...props} view={view} />
    </div>
  );
}

interface FieldsProps extends Omit<SchemaFieldProps, 'label'> {
  view: Extract<View, { kind: 'object' }>;
  /** Keys that are edited elsewhere. */
  except?: readonly string[];
}

/** The properties of an object; keys that the schema does not name stay as they are. */
export function SchemaFields({ view, value, onChange, except, path, ...rest }: FieldsProps) {
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const set = (key: string, next: Json | undefined) => {
    const { [key]: _, ...others } = object;
    onChange(next === undefined ? others : { ...object, [key]: next });
  };
  const shown = view.properties.filter(([key, schema]) => !except?.includes(key) && resolve(schema, rest.defs).const === undefined);
  return shown.map(([key, schema]) => (
    <SchemaField key={key} {...rest} schema={schema} label={labelOf(key)} required={view.required.has(key)} path={path ? `${path}.${key}` : key} value={object[key]} onChange={(next) => set(key, next)} />
  ));
}

function ListControl({ view, label, value, onChange, node, path, readOnly, defs }: Props<'list'>) {
  const rows = Array.isArray(value) ? value : [];
  const edit = useListEdit(rows, (next) => onChange(next.length === 0 ? undefined : next));
  const one = labelOf(label).replace(/s$/, '');
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <Sortable label={label} rows={rows} edit={edit} readOnly={readOnly} rowLabel={(_, index) => `${one} ${index + 1}`}>
        {(row, index, handle) => (
          <div className="flex items-start gap-1.5">
            {handle}
            <div className="min-w-0 flex-1">
              <SchemaField schema={view.items} defs={defs} label={`${one} ${index + 1}`} required node={node} path={`${path}[${index}]`} readOnly={readOnly} value={row} onChange={(next) => edit.set(index, next ?? null)} />
            </div>
            {!readOnly && <IconButton label={`Remove ${one.toLowerCase()} ${index + 1}`} size="sm" icon={<Trash2 />} onClick={() => edit.remove(index)} />}
          </div>
        )}
      </Sortable>
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field={path} onClick={() => edit.add(blank(view.items, defs))}>
          Add {one.toLowerCase()}
        </Button>
      )}
    </div>
  );
}
