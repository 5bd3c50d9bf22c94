import { NameValueRows } from '@/flow/name-value-rows';
import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { Input, TextField, TextareaField } from '@/shared/ui/input';
import { Rows, type RowCell } from '@/shared/ui/rows';
import { SelectField } from '@/shared/ui/select';
import { Segmented } from '@/shared/ui/toggle';
import { listOf, textOf, withKey, type BodyDoc } from './document';
import { JsonField } from './json-field';

interface BodyEditorProps {
  body: BodyDoc | undefined;
  onChange(body: BodyDoc | undefined): void;
  at: string;
  problems: Found[];
  readOnly: boolean;
}

const types = [
  { value: 'none', label: 'None' },
  { value: 'json', label: 'JSON' },
  { value: 'form', label: 'Form' },
  { value: 'multipart', label: 'Multipart form' },
  { value: 'xml', label: 'XML' },
  { value: 'text', label: 'Text' },
  { value: 'contact', label: 'Contact payload' },
];

const fresh: Record<string, Omit<BodyDoc, 'type'>> = { json: { value: {} }, form: { fields: [] }, multipart: { parts: [] }, xml: { text: '' }, text: { text: '' } };

/** What the request carries. */
export function BodyEditor(props: BodyEditorProps) {
  const { body, onChange, at, problems, readOnly } = props;
  const choose = (type: string) => onChange(type === 'none' ? undefined : { type, ...fresh[type] });
  return (
    <>
      <SelectField label="Type" value={textOf(body?.type) || 'none'} options={types} disabled={readOnly} onChange={choose} error={wordsOf([...problemsAt(problems, at), ...problemsAt(problems, `${at}.type`)])} className="w-48" />
      {body && <Content {...props} body={body} />}
    </>
  );
}

function Content({ body, onChange, at, problems, readOnly }: BodyEditorProps & { body: BodyDoc }) {
  const set = (key: string, value: unknown) => onChange({ ...body, [key]: value });
  switch (body.type) {
    case 'json':
      return <JsonBody body={body} onChange={onChange} at={at} problems={problems} readOnly={readOnly} />;
    case 'form':
      return <NameValueRows noun="Field" rows={listOf(body.fields)} at={`${at}.fields`} problems={problems} readOnly={readOnly} withOptional onChange={(rows) => set('fields', rows)} empty="No fields." />;
    case 'multipart':
      return <Rows noun="Part" rows={listOf<Part>(body.parts)} cells={partCells(readOnly)} create={() => ({ name: '', value: '' })} readOnly={readOnly} onChange={(rows) => set('parts', rows)} error={(index) => wordsOf(problemsAt(problems, `${at}.parts[${index}]`, true))} empty="No parts." />;
    case 'xml':
    case 'text':
      return (
        <>
          <TextareaField label={body.type === 'xml' ? 'XML' : 'Text'} mono rows={8} spellCheck={false} value={textOf(body.text)} readOnly={readOnly} error={wordsOf(problemsAt(problems, `${at}.text`, true))} onChange={(event) => set('text', event.target.value)} />
          <TextField label="Content type" mono value={textOf(body.contentType)} readOnly={readOnly} error={wordsOf(problemsAt(problems, `${at}.contentType`))} onChange={(event) => onChange(withKey(body, 'contentType', event.target.value))} placeholder={body.type === 'xml' ? 'application/xml' : 'text/plain'} className="max-w-sm" />
        </>
      );
    case 'contact':
      return (
        <>
          <p className="text-xs text-ink-3">The payload {'{path, run, timestamp, extra, user}'}; what is added to it:</p>
          <JsonField label="Extra as JSON" value={body.extra} readOnly={readOnly} error={wordsOf(problemsAt(problems, `${at}.extra`, true))} onChange={(value) => onChange(withKey(body, 'extra', value))} />
        </>
      );
    default:
      return <JsonField label="Body as JSON" value={body} readOnly={readOnly} onChange={(value) => onChange(value as BodyDoc | undefined)} />;
  }
}

type JsonWay = 'value' | 'text';

/** A tree with templates in its texts, or JSON text with holes anywhere. */
function JsonBody({ body, onChange, at, problems, readOnly }: BodyEditorProps & { body: BodyDoc }) {
  const way: JsonWay = typeof body.text === 'string' ? 'text' : 'value';
  const turn = (to: JsonWay) => {
    if (to === way) return;
    if (to === 'text') return onChange({ type: 'json', text: JSON.stringify(body.value ?? {}, null, 2) });
    try {
      onChange({ type: 'json', value: JSON.parse(String(body.text)) as unknown });
    } catch {
      onChange({ type: 'json', value: {} });
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <Segmented<JsonWay>
        label="JSON written as"
        value={way}
        disabled={readOnly}
        options={[
          { value: 'value', label: 'Value' },
          { value: 'text', label: 'Text with holes' },
        ]}
        onChange={turn}
      />
      {way === 'value' ? (
        <JsonField label="Body as JSON" value={body.value} readOnly={readOnly} empty={null} error={wordsOf(problemsAt(problems, `${at}.value`, true))} onChange={(value) => onChange({ ...body, value })} />
      ) : (
        <TextareaField label="JSON text" mono rows={8} spellCheck={false} value={textOf(body.text)} readOnly={readOnly} error={wordsOf(problemsAt(problems, `${at}.text`, true))} onChange={(event) => onChange({ ...body, text: event.target.value })} />
      )}
      <p className="text-xs text-ink-3">
        In a value, a text that is one <span className="font-mono">{'{{ inputs.name }}'}</span> keeps the input’s type.
      </p>
    </div>
  );
}

interface Part {
  name: string;
  value?: string;
  filename?: string;
  contentType?: string;
}

function partCells(readOnly: boolean): RowCell<Part>[] {
  const cell = (key: keyof Part, header: string, width: string, keep = false): RowCell<Part> => ({
    key,
    header,
    width,
    cell: (row, set, label) => <Input mono aria-label={label} value={textOf(row[key])} readOnly={readOnly} onChange={(event) => set(keep ? { ...row, [key]: event.target.value } : withKey(row, key, event.target.value))} />,
  });
  return [cell('name', 'Name', '1fr', true), cell('value', 'Value', '2fr', true), cell('filename', 'File name', '1fr'), cell('contentType', 'Content type', '1fr')];
}
