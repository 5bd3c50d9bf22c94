import { useRef, useState } from 'react';
import { ErrorNote } from '@/shared/ui/states';
import { TextField } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { Segmented, Switch } from '@/shared/ui/toggle';
import type { Json } from '../../document/types';
import { AnyField } from '../../input-form/any-field';
import { JsonValueField } from '../../input-form/json-value-field';
import { holesOf } from '../../template-field/holes';
import { JsonField, TemplateField, XmlField } from '../../template-field';
import { FieldProblems } from '../../field-problems';
import { objectOf, type BodyDoc, type PartProps } from './model';
import { Part } from './part';
import { RowsEditor } from './rows';

const kinds = [
  { value: 'none', label: 'None' },
  { value: 'json', label: 'JSON' },
  { value: 'form', label: 'Form' },
  { value: 'multipart', label: 'Multipart form' },
  { value: 'xml', label: 'XML' },
  { value: 'text', label: 'Text' },
  { value: 'contact', label: 'The contact' },
];

const blank: Record<string, BodyDoc> = {
  json: { type: 'json', text: '{\n  \n}' },
  form: { type: 'form', fields: [] },
  multipart: { type: 'multipart', parts: [] },
  xml: { type: 'xml', text: '' },
  text: { type: 'text', text: '' },
  contact: { type: 'contact' },
};

/** JSON text as a value, holes that stand bare as texts; null where it is not JSON. */
export function valueOfText(text: string): Json | null {
  let quoted = '';
  let at = 0;
  for (const hole of holesOf(text)) {
    quoted += text.slice(at, hole.from);
    const inText = (quoted.replace(/\\./g, '').match(/"/g) ?? []).length % 2 === 1;
    const words = text.slice(hole.from, hole.to);
    quoted += inText ? words.replace(/"/g, '\\"') : JSON.stringify(words);
    at = hole.to;
  }
  try {
    return JSON.parse(quoted + text.slice(at)) as Json;
  } catch {
    return null;
  }
}

export function BodyPart({ id, node, patch, readOnly }: PartProps) {
  const body = objectOf<BodyDoc>(node.body);
  const kind = body?.type ?? 'none';
  const held = useRef<Record<string, BodyDoc>>({});
  const choose = (next: string) => {
    if (body) held.current[body.type] = body;
    patch({ body: next === 'none' ? undefined : (held.current[next] ?? blank[next]) });
  };
  const set = (changes: Partial<BodyDoc>) => patch({ body: Object.fromEntries(Object.entries({ ...body, ...changes }).filter(([, value]) => value !== undefined)) });
  return (
    <Part node={id} title="Body" fields={['body']} note={kinds.find((each) => each.value === kind)?.label} open={kind !== 'none'}>
      <SelectField label="Sends" data-field="body" value={kind} options={kinds} disabled={readOnly} onChange={choose} />
      {body && <BodyFields id={id} body={body} set={set} readOnly={readOnly} />}
      <FieldProblems node={id} field="body" />
    </Part>
  );
}

interface BodyFieldsProps {
  id: string;
  body: BodyDoc;
  set(changes: Partial<BodyDoc>): void;
  readOnly: boolean;
}

function BodyFields({ id, body, set, readOnly }: BodyFieldsProps) {
  const contentType = (otherwise: string) => (
    <TextField label="Content type" mono data-field="body.contentType" value={body.contentType ?? ''} placeholder={otherwise} readOnly={readOnly} onChange={(event) => set({ contentType: event.target.value || undefined })} />
  );
  switch (body.type) {
    case 'json':
      return <JsonBody id={id} body={body} set={set} readOnly={readOnly} />;
    case 'form':
      return <RowsEditor noun="field" label="Form fields" field="body.fields" node={id} rows={body.fields ?? []} onChange={(fields) => set({ fields })} position="form" readOnly={readOnly} />;
    case 'multipart':
      return <RowsEditor noun="part" label="Parts" field="body.parts" node={id} rows={body.parts ?? []} onChange={(parts) => set({ parts })} position="text" readOnly={readOnly} parts />;
    case 'xml':
      return (
        <>
          <XmlField label="XML" node={id} dataField="body.text" value={body.text ?? ''} onChange={(text) => set({ text })} readOnly={readOnly} request />
          {contentType('application/xml')}
        </>
      );
    case 'text':
      return (
        <>
          <TemplateField label="Text" multiline node={id} dataField="body.text" position="text" value={body.text ?? ''} onChange={(text) => set({ text })} readOnly={readOnly} request />
          {contentType('text/plain; charset=utf-8')}
        </>
      );
    case 'contact':
      return (
        <>
          <p className="text-xs text-ink-3">Sends the flow&apos;s number, the run, the time, what you add below, and the contact&apos;s whole profile.</p>
          <JsonValueField label="Extra" node={id} dataField="body.extra" value={body.extra} onChange={(extra) => set({ extra })} readOnly={readOnly} />
          <Switch label="Leave the contact's profile out" checked={body.excludeUserInfo ?? false} disabled={readOnly} onChange={(on) => set({ excludeUserInfo: on || undefined })} />
        </>
      );
    default:
      return <p className="text-xs text-ink-3">This page does not know bodies of the type “{body.type}”.</p>;
  }
}

function JsonBody({ id, body, set, readOnly }: BodyFieldsProps) {
  const mode = body.text !== undefined ? 'text' : 'tree';
  const [refused, setRefused] = useState(false);
  const turn = (next: 'text' | 'tree') => {
    setRefused(false);
    if (next === 'text') return set({ text: JSON.stringify(body.value ?? {}, null, 2), value: undefined });
    const value = valueOfText(body.text?.trim() ? body.text : '{}');
    if (value === null) setRefused(true);
    else set({ value, text: undefined });
  };
  return (
    <>
      <Segmented label="Edit the JSON as" value={mode} disabled={readOnly} onChange={turn} options={[{ value: 'text', label: 'Text' }, { value: 'tree', label: 'Tree' }]} />
      {refused && <ErrorNote error={new Error('Enter valid JSON first: a tree is made of it.')} />}
      {mode === 'text' ? (
        <JsonField label="JSON" node={id} dataField="body.text" value={body.text ?? ''} onChange={(text) => set({ text })} readOnly={readOnly} placeholder='{ "name": "{{ vars.name }}" }' />
      ) : (
        <AnyField label="JSON" node={id} dataField="body.value" value={body.value ?? {}} onChange={(value) => set({ value })} readOnly={readOnly} />
      )}
    </>
  );
}
