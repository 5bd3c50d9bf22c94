import { useState } from 'react';
import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { Input } from '@/shared/ui/input';
import { Rows, type RowCell } from '@/shared/ui/rows';
import { Select } from '@/shared/ui/select';
import { Checkbox } from '@/shared/ui/toggle';
import { objectOf, textOf, withKey, type JsonObject } from './document';
import { FormOrJson } from './form-or-json';

interface SchemaRow {
  name: string;
  schema: JsonObject;
  required: boolean;
}

interface SchemaEditorProps {
  label: string;
  noun: string;
  value: JsonObject | undefined;
  onChange(value: JsonObject | undefined): void;
  /** Where it stands in the document. */
  at: string;
  problems: Found[];
  readOnly?: boolean;
  /** Every field is a text. */
  textsOnly?: boolean;
  hint?: string;
  empty?: string;
}

const types = ['string', 'integer', 'number', 'boolean', 'array', 'object'].map((value) => ({ value, label: value === 'string' ? 'text' : value === 'integer' ? 'whole number' : value === 'array' ? 'list' : value }));

function rowsOf(schema: JsonObject | undefined): SchemaRow[] {
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return Object.entries(objectOf(schema?.properties)).map(([name, value]) => ({ name, schema: objectOf(value), required: required.includes(name) }));
}

/** The schema with these fields; all else that it says stays. */
function schemaOf(before: JsonObject | undefined, rows: SchemaRow[]): JsonObject | undefined {
  const named = rows.filter(({ name }) => name !== '');
  if (named.length === 0 && Object.keys(before ?? {}).every((key) => ['type', 'properties', 'required', 'additionalProperties'].includes(key))) return undefined;
  const next: JsonObject = { ...(before ?? { type: 'object' }), properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema])) };
  const schema = withKey(next, 'required', [...new Set(named.filter(({ required }) => required).map(({ name }) => name))]);
  return before ? schema : { ...schema, additionalProperties: false };
}

/** Fields with a name, a type and whether they are asked for, made into a JSON Schema. */
export function SchemaEditor({ label, noun, value, onChange, at, problems, readOnly, textsOnly = false, hint, empty }: SchemaEditorProps) {
  // Rows without a name, or with another's name, are in no schema: they live here.
  const [held, hold] = useState({ value, rows: rowsOf(value) });
  if (held.value !== value) hold({ value, rows: rowsOf(value) });
  const write = (rows: SchemaRow[]) => {
    const next = schemaOf(value, rows);
    hold({ value: next, rows });
    onChange(next);
  };
  const error = (index: number) => {
    const { name } = held.rows[index]!;
    if (name && held.rows.some((row, other) => other < index && row.name === name)) return `There is another ${noun.toLowerCase()} with this name.`;
    return name ? wordsOf(problemsAt(problems, `${at}.properties.${name}`, true)) : undefined;
  };
  const own = problemsAt(problems, at, true).filter((problem) => !problem.at.startsWith(`${at}.properties.`));
  return (
    <FormOrJson label={label} value={value} onChange={(next) => onChange(next as JsonObject | undefined)} readOnly={readOnly} error={wordsOf(own)} hint={hint}>
      <Rows noun={noun} rows={held.rows} cells={cellsOf(readOnly, textsOnly)} create={() => ({ name: '', schema: { type: 'string' }, required: true })} onChange={write} readOnly={readOnly} error={error} empty={empty} />
    </FormOrJson>
  );
}

function cellsOf(readOnly: boolean | undefined, textsOnly: boolean): RowCell<SchemaRow>[] {
  const cells: RowCell<SchemaRow>[] = [
    { key: 'name', header: 'Name', width: '2fr', cell: (row, set, label) => <Input mono aria-label={label} placeholder="name" value={row.name} readOnly={readOnly} onChange={(event) => set({ ...row, name: event.target.value })} /> },
    {
      key: 'required',
      header: 'Required',
      width: '5rem',
      cell: (row, set, label) => (
        <span className="flex items-center gap-1.5">
          <Checkbox label={label} hideLabel disabled={readOnly} checked={row.required} onChange={(required) => set({ ...row, required })} />
          <span aria-hidden className="text-xs text-ink-3 sm:hidden">
            Required
          </span>
        </span>
      ),
    },
    {
      key: 'description',
      header: 'Description',
      width: '3fr',
      cell: (row, set, label) => <Input aria-label={label} title={textOf(row.schema.description)} value={textOf(row.schema.description)} readOnly={readOnly} onChange={(event) => set({ ...row, schema: withKey(row.schema, 'description', event.target.value) })} />,
    },
  ];
  if (!textsOnly) {
    cells.splice(1, 0, {
      key: 'type',
      header: 'Type',
      width: '9rem',
      cell: (row, set, label) => <TypeSelect row={row} set={set} label={label} readOnly={readOnly} />,
    });
  }
  return cells;
}

/** Types that the form does not make (several at once, references) are shown, and edited as JSON. */
function TypeSelect({ row, set, label, readOnly }: { row: SchemaRow; set(row: SchemaRow): void; label: string; readOnly?: boolean }) {
  const type = row.schema.type;
  const known = typeof type === 'string' && types.some(({ value }) => value === type);
  const value = known ? type : type === undefined && Object.keys(row.schema).every((key) => key === 'description' || key === 'default') ? 'any' : 'other';
  const options = [...types, { value: 'any', label: 'any' }, ...(value === 'other' ? [{ value: 'other', label: 'see JSON' }] : [])];
  return <Select aria-label={label} className="w-full" value={value} options={options} disabled={readOnly} onChange={(next) => next !== 'other' && set({ ...row, schema: withKey(row.schema, 'type', next === 'any' ? undefined : next) })} />;
}
