// One value of a schema; every value may be a template instead.
import { Braces, Plus, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { cn } from '@/shared/lib/cn';
import { Button, IconButton } from '@/shared/ui/button';
import { TextField } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { FieldProblems } from '../field-problems';
import type { Json } from '../document/types';
import { hasHole, TemplateField } from '../template-field';
import { JsonValueField } from './json-value-field';
import { blankOf, boundsOf, controlOf, resolve, waysOf, wayLabel, wayOf, type Schema } from './schema';

export interface SchemaFieldProps {
  name: string;
  schema: Schema;
  /** The document that references are looked up in. */
  root: Schema;
  value: Json | undefined;
  /** `undefined` leaves it out. */
  onChange(value: Json | undefined): void;
  required: boolean;
  node: string;
  dataField: string;
  readOnly: boolean;
  /** Its place says what it is: the name is for screen readers alone. */
  bare?: boolean;
}

export function SchemaField(props: SchemaFieldProps) {
  const schema = resolve(props.schema, props.root);
  const only = waysOf(schema, props.root);
  // A way that may also be null is that way: an empty field says null.
  const plain = only.length === 1 ? { ...only[0], description: schema.description ?? only[0]!.description } : schema;
  const control = controlOf(plain, props.root);
  const isTemplate = typeof props.value === 'string' && hasHole(props.value);
  const [template, setTemplate] = useState(isTemplate);
  const asTemplate = control !== 'text' && control !== 'any' && (template || isTemplate);
  const turn = () => {
    setTemplate(!asTemplate);
    if (isTemplate) props.onChange(undefined);
  };
  const aside = control === 'text' || control === 'any' || props.readOnly ? null : (
    <button type="button" aria-pressed={asTemplate} title={asTemplate ? 'Enter a value' : 'Use a template'} aria-label={`${props.name}: ${asTemplate ? 'enter a value' : 'use a template'}`} onClick={turn} className={cn('rounded p-0.5 text-ink-3 hover:bg-hover hover:text-ink', asTemplate && 'bg-accent-soft text-accent-text')}>
      <Braces aria-hidden className="size-3.5" />
    </button>
  );
  const inner = { ...props, schema: plain, aside };
  if (asTemplate || control === 'text') return <TextOrTemplate {...inner} />;
  switch (control) {
    case 'number':
      return <NumberControl {...inner} />;
    case 'boolean':
      return <Choice {...inner} values={[true, false]} />;
    case 'choice':
      return <Choice {...inner} values={(plain.enum ?? [plain.const!]).filter((value) => value !== null)} />;
    case 'object':
      return <ObjectFields {...inner} />;
    case 'list':
      return <ListFields {...inner} />;
    case 'oneOf':
      return <OneOf {...inner} />;
    default:
      return <JsonValueField label={props.name} required={props.required} hint={hintOf(plain)} node={props.node} dataField={props.dataField} value={props.value} onChange={props.onChange} readOnly={props.readOnly} />;
  }
}

type InnerProps = SchemaFieldProps & { aside: ReactNode };

function hintOf(schema: Schema): ReactNode {
  const bounds = boundsOf(schema);
  const text = [schema.description?.trim(), bounds && (schema.description ? `(${bounds})` : bounds), schema.deprecated && 'Out of use.'].filter(Boolean).join(' ');
  return text || undefined;
}

function placeholderOf(schema: Schema): string | undefined {
  if (schema.default !== undefined) return `${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)} (by default)`;
  const example = schema.examples?.[0];
  return example === undefined ? undefined : `as ${typeof example === 'string' ? example : JSON.stringify(example)}`;
}

function TextOrTemplate({ name, schema, value, onChange, required, node, dataField, readOnly, aside, bare }: InnerProps) {
  const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <TemplateField
      label={name}
      required={required}
      hint={hintOf(schema)}
      aside={aside}
      placeholder={placeholderOf(schema) ?? (aside ? '{{ vars.name }}' : undefined)}
      node={node}
      dataField={dataField}
      position="json"
      leaf
      hideLabel={bare}
      value={text}
      onChange={(next) => onChange(next === '' ? undefined : next)}
      multiline={(schema.maxLength ?? 0) > 200 || /^(body|text|content|message|description|html_body)$/.test(name)}
      readOnly={readOnly}
      request={false}
    />
  );
}

function NumberControl({ name, schema, value, onChange, required, node, dataField, readOnly, aside, bare }: InnerProps) {
  return (
    <WithAside aside={bare ? null : aside}>
      <TextField
        label={name}
        hideLabel={bare}
        type="number"
        step={schema.type === 'integer' ? 1 : 'any'}
        required={required}
        data-field={dataField}
        hint={hintOf(schema)}
        placeholder={placeholderOf(schema)}
        value={value === undefined ? '' : String(value)}
        readOnly={readOnly}
        onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
      />
      <FieldProblems node={node} field={dataField} />
    </WithAside>
  );
}

/** The kit's fields have their own label row; the toggle stands at its right end. */
function WithAside({ aside, children }: { aside: ReactNode; children: ReactNode }) {
  return (
    <div className="relative flex flex-col gap-1">
      {children}
      <span className="absolute -top-0.5 right-0 flex">{aside}</span>
    </div>
  );
}

function Choice({ name, schema, value, onChange, required, node, dataField, readOnly, aside, bare, values }: InnerProps & { values: Json[] }) {
  const word = (each: Json) => (typeof each === 'string' ? each : JSON.stringify(each));
  const otherwise = schema.default === undefined ? (required ? 'Choose…' : 'Left out') : `${word(schema.default)} (by default)`;
  return (
    <WithAside aside={bare ? null : aside}>
      <SelectField
        label={name}
        hideLabel={bare}
        required={required}
        data-field={dataField}
        hint={hintOf(schema)}
        value={value === undefined ? '' : word(value)}
        placeholder={otherwise}
        options={values.map((each) => ({ value: word(each), label: word(each) }))}
        disabled={readOnly}
        onChange={(next) => onChange(values.find((each) => word(each) === next))}
      />
      <FieldProblems node={node} field={dataField} />
    </WithAside>
  );
}

function Group({ name, required, hint, aside, action, children }: { name: string; required: boolean; hint: ReactNode; aside: ReactNode; action?: ReactNode; children?: ReactNode }) {
  return (
    <div role="group" aria-label={name} className="flex flex-col gap-2">
      <div className="flex min-h-5 items-center justify-between gap-2">
        <span className="text-xs font-medium text-ink-2">
          {name}
          {required && (
            <span aria-hidden className="text-bad">
              {' '}
              *
            </span>
          )}
        </span>
        <span className="flex items-center gap-1">
          {action}
          {aside}
        </span>
      </div>
      {hint && <p className="-mt-1.5 text-xs break-words text-ink-3">{hint}</p>}
      {children}
    </div>
  );
}

function ObjectFields(props: InnerProps) {
  const { name, schema, value, onChange, required, readOnly, aside, node, dataField } = props;
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  if (object === undefined && !required) {
    return (
      <Group
        name={name}
        required={required}
        hint={hintOf(schema)}
        aside={aside}
        action={
          !readOnly && (
            <Button size="sm" look="ghost" icon={<Plus />} aria-label={`Add ${name}`} data-field={dataField} onClick={() => onChange(blankOf({ ...schema, default: undefined }, props.root))}>
              Add
            </Button>
          )
        }
      />
    );
  }
  return (
    <Group name={name} required={required} hint={hintOf(schema)} aside={aside} action={!required && !readOnly && <IconButton label={`Leave ${name} out`} size="sm" icon={<X />} onClick={() => onChange(undefined)} />}>
      <div className="border-l pl-3">
        <Properties {...props} value={object} />
      </div>
      <FieldProblems node={node} field={dataField} />
    </Group>
  );
}

/** How many optional fields are shown before asking. */
const fewMax = 5;

/** An object's fields: those that must be there first, then those that are set, the rest on demand. */
export function Properties({ schema, root, value, onChange, node, dataField, readOnly }: Omit<SchemaFieldProps, 'name' | 'required'>) {
  const object = (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}) as Record<string, Json>;
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  const [all, setAll] = useState(false);
  const [first] = useState(() => new Set(Object.keys(object)));
  const optional = properties.filter(([name]) => !required.has(name));
  // The first few optional fields are simply there; more wait until they are asked for.
  const few = new Set(optional.slice(0, optional.length <= fewMax + 1 ? undefined : fewMax).map(([name]) => name));
  const shown = properties.filter(([name]) => required.has(name) || all || few.has(name) || first.has(name) || name in object).sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)));
  const hidden = properties.length - shown.length;
  const rest = Object.fromEntries(Object.entries(object).filter(([name]) => !(name in (schema.properties ?? {}))));
  const open = schema.additionalProperties !== undefined && schema.additionalProperties !== false;
  const write = (next: Record<string, Json | undefined>) => {
    const kept = Object.fromEntries(Object.entries(next).filter((entry): entry is [string, Json] => entry[1] !== undefined));
    onChange(kept);
  };
  return (
    <div className="flex flex-col gap-3">
      {shown.map(([name, part]) => (
        <SchemaField key={name} name={name} schema={part} root={root} value={object[name]} required={required.has(name)} node={node} dataField={`${dataField}.${name}`} readOnly={readOnly} onChange={(next) => write({ ...object, [name]: next })} />
      ))}
      {hidden > 0 && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" onClick={() => setAll(true)}>
          {hidden} more {hidden === 1 ? 'field' : 'fields'}
        </Button>
      )}
      {(open || Object.keys(rest).length > 0) && (
        <JsonValueField
          label="Other fields"
          node={node}
          dataField={`${dataField}.*`}
          value={Object.keys(rest).length > 0 ? rest : undefined}
          hint="As a JSON object"
          readOnly={readOnly}
          onChange={(next) => write({ ...Object.fromEntries(Object.entries(object).filter(([name]) => !(name in rest))), ...(typeof next === 'object' && next !== null && !Array.isArray(next) ? next : {}) })}
        />
      )}
    </div>
  );
}

function ListFields({ name, schema, root, value, onChange, required, node, dataField, readOnly, aside }: InnerProps) {
  const items = Array.isArray(value) ? value : [];
  const item = schema.items ?? {};
  return (
    <Group name={name} required={required} hint={hintOf(schema)} aside={aside}>
      {items.map((each, index) => (
        <div key={index} className="flex items-start gap-1.5 border-l pl-3">
          <div className="min-w-0 flex-1">
            <SchemaField name={`${name} ${index + 1}`} schema={item} root={root} value={each} required bare node={node} dataField={`${dataField}[${index}]`} readOnly={readOnly} onChange={(next) => onChange(items.map((old, at) => (at === index ? (next ?? '') : old)))} />
          </div>
          {!readOnly && <IconButton label={`Remove ${name} ${index + 1}`} icon={<X />} size="sm" onClick={() => onChange(items.length > 1 ? items.filter((_, at) => at !== index) : undefined)} />}
        </div>
      ))}
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field={dataField} aria-label={`Add to ${name}`} onClick={() => onChange([...items, blankOf(resolve(item, root), root)])}>
          Add
        </Button>
      )}
      <FieldProblems node={node} field={dataField} />
    </Group>
  );
}

function OneOf(props: InnerProps) {
  const { name, schema, root, value, onChange, required, readOnly, aside, dataField } = props;
  const ways = waysOf(schema, root);
  const [chosen, setChosen] = useState<number | null>(null);
  const way = chosen ?? wayOf(ways, value, root);
  return (
    <Group name={name} required={required} hint={hintOf(schema)} aside={aside}>
      <SelectField
        label={`${name}: kind`}
        hideLabel
        value={String(way)}
        disabled={readOnly}
        options={ways.map((each, index) => ({ value: String(index), label: wayLabel(each, index, root) }))}
        onChange={(next) => {
          setChosen(Number(next));
          const blank = blankOf(ways[Number(next)]!, root);
          onChange(blank === '' ? undefined : blank);
        }}
      />
      <SchemaField key={way} {...props} schema={{ ...ways[way], description: ways[way]?.description }} required dataField={dataField} onChange={onChange} />
    </Group>
  );
}
