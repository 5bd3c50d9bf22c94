import type { Found } from '@/shared/api/client';
import { wordsOf } from '@/shared/lib/problems';
import { Field } from '@/shared/ui/field';
import { Input, Textarea } from '@/shared/ui/input';
import { Select } from '@/shared/ui/select';
import { Segmented } from '@/shared/ui/toggle';
import { useState } from 'react';

type Json = Record<string, unknown>;

export interface SchemaField {
  name: string;
  schema: Json;
  required: boolean;
}

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {});
const textOf = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** The fields that a schema describes, in its order. */
export function fieldsOf(schema: Json | undefined): SchemaField[] {
  const required = Array.isArray(schema?.required) ? schema.required : [];
  const fields = Object.entries(objectOf(schema?.properties)).map(([name, value]) => ({ name, schema: objectOf(value), required: required.includes(name) }));
  const described = new Set(fields.map(({ name }) => name));
  return [...fields, ...required.filter((name): name is string => typeof name === 'string' && !described.has(name)).map((name) => ({ name, schema: {}, required: true }))];
}

/** Problems of `config` and `secrets` name their field in the message. */
export function problemsNaming(problems: Found[], at: string, name: string): Found[] {
  return problems.filter((problem) => problem.at === `${at}.${name}` || (problem.at === at && problem.message.includes(`\`${name}\``)));
}

interface SchemaFieldsProps {
  fields: SchemaField[];
  value: Json;
  onChange(value: Json): void;
  problems: Found[];
  readOnly?: boolean;
}

/** A connection's public fields, as the integration describes them. */
export function SchemaFields({ fields, value, onChange, problems, readOnly }: SchemaFieldsProps) {
  const set = (name: string, next: unknown) => {
    const { [name]: _, ...rest } = value;
    onChange(next === undefined ? rest : { ...value, [name]: next });
  };
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {fields.map((field) => (
        <Field key={field.name} label={textOf(field.schema.title) || field.name} required={field.required} hint={hintOf(field)} error={wordsOf(problemsNaming(problems, 'config', field.name))}>
          {(ids) => <Control ids={ids} field={field} value={value[field.name]} onChange={(next) => set(field.name, next)} readOnly={readOnly} />}
        </Field>
      ))}
    </div>
  );
}

function hintOf({ name, schema }: SchemaField): string | undefined {
  return [textOf(schema.title) && name, textOf(schema.description)].filter(Boolean).join(': ') || undefined;
}

interface ControlProps {
  ids: { id: string };
  field: SchemaField;
  value: unknown;
  onChange(value: unknown): void;
  readOnly?: boolean;
}

function Control({ ids, field: { name, schema, required }, value, onChange, readOnly }: ControlProps) {
  const byDefault = schema.default === undefined ? undefined : JSON.stringify(schema.default).replace(/^"|"$/g, '');
  if (Array.isArray(schema.enum)) {
    const texts = schema.enum.map((item) => ({ value: JSON.stringify(item), label: textOf(item) || JSON.stringify(item) }));
    return <Select {...ids} className="w-full" value={value === undefined ? '' : JSON.stringify(value)} options={texts} disabled={readOnly} placeholder={byDefault ? `${byDefault} (default)` : required ? 'Choose…' : 'Not set'} onChange={(text) => onChange(text === '' ? undefined : JSON.parse(text))} />;
  }
  if (schema.type === 'boolean') {
    const chosen = value === undefined ? 'unset' : String(value);
    return (
      <Segmented
        label={name}
        value={chosen}
        disabled={readOnly}
        options={[
          { value: 'true', label: 'Yes' },
          { value: 'false', label: 'No' },
          ...(required ? [] : [{ value: 'unset', label: byDefault ? `Default: ${byDefault}` : 'Not set' }]),
        ]}
        onChange={(next) => onChange(next === 'unset' ? undefined : next === 'true')}
      />
    );
  }
  if (schema.type === 'object' || schema.type === 'array') return <JsonControl ids={ids} value={value} onChange={onChange} readOnly={readOnly} />;
  const numeric = schema.type === 'number' || schema.type === 'integer';
  return (
    <Input
      {...ids}
      value={textOf(value)}
      readOnly={readOnly}
      placeholder={byDefault}
      inputMode={numeric ? 'decimal' : undefined}
      // What is no number stays the text that it is: the server says so.
      onChange={({ target: { value: text } }) => onChange(text === '' ? undefined : numeric && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text)}
    />
  );
}

function JsonControl({ ids, value, onChange, readOnly }: Omit<ControlProps, 'field'>) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [wrong, setWrong] = useState('');
  const write = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() === '' ? undefined : JSON.parse(next));
      setWrong('');
    } catch (error) {
      setWrong(error instanceof Error ? error.message : '');
    }
  };
  return (
    <>
      <Textarea {...ids} mono value={text} readOnly={readOnly} spellCheck={false} onChange={(event) => write(event.target.value)} />
      {wrong && <p className="text-xs break-words text-bad">Enter valid JSON. {wrong}</p>}
    </>
  );
}
