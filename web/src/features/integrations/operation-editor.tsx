import { Copy, MoreHorizontal, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { NameValueRows } from '@/flow/name-value-rows';
import type { Found } from '@/shared/api/client';
import { plural } from '@/shared/lib/format';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { IconButton } from '@/shared/ui/button';
import { Menu } from '@/shared/ui/menu';
import { TextField, TextareaField } from '@/shared/ui/input';
import { Section } from '@/shared/ui/section';
import { SelectField } from '@/shared/ui/select';
import { BodyEditor } from './body-editor';
import { listOf, objectOf, textOf, withKey, type OperationDoc } from './document';
import { FieldNote } from './field-note';
import { JsonField } from './json-field';
import { OutputsEditor } from './outputs-editor';
import { SchemaEditor } from './schema-editor';
import { SendingFields } from './sending-fields';

export interface OperationEditorProps {
  name: string;
  operation: OperationDoc;
  problems: Found[];
  readOnly: boolean;
  /** Whether another operation has this key. */
  taken(key: string): boolean;
  onChange(operation: OperationDoc): void;
  onRename(key: string): void;
  onDuplicate(): void;
  onRemove(): void;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((value) => ({ value, label: value }));

/** One operation: what it asks for, what it sends, what comes of the answer. */
export function OperationEditor(props: OperationEditorProps) {
  const { name, operation, problems, readOnly, onChange } = props;
  const at = `operations.${name}`;
  const set = (key: string, value: unknown) => onChange(withKey(operation, key, value));
  const wrong = (field: string, deep = false) => wordsOf(problemsAt(problems, `${at}.${field}`, deep));
  // A part with something wrong in it opens by itself.
  const bad = (...fields: string[]) => fields.some((field) => problemsAt(problems, `${at}.${field}`, true).length > 0);
  const inputs = Object.keys(objectOf(operation.inputSchema?.properties));
  const query = listOf(operation.query);
  const headers = listOf(operation.headers);
  const outputs = listOf<{ var: string }>(operation.defaultOutputMappings);
  return (
    <section aria-label={`Operation ${name}`} className="rounded-lg border border-line bg-surface shadow-card">
      <Head {...props} />
      <div className="flex flex-col gap-3 p-4">
        <FieldNote error={wordsOf(problemsAt(problems, at))} />
        <div className="grid grid-cols-[7rem_minmax(0,1fr)] gap-2">
          <SelectField label="Method" value={textOf(operation.method) || 'GET'} options={methods} disabled={readOnly} onChange={(method) => set('method', method)} error={wrong('method')} />
          <TextField label="Path" mono value={textOf(operation.path)} readOnly={readOnly} error={wrong('path')} onChange={(event) => onChange({ ...operation, path: event.target.value })} placeholder="/contacts/{{ inputs.id }}" />
        </div>
        <p className="-mt-2 text-xs text-ink-3">
          It follows the base URL. Here, in the query, the headers and the body <span className="font-mono whitespace-nowrap">{'{{ inputs.name }}'}</span> is what a flow fills in, <span className="font-mono whitespace-nowrap">{'{{ conn.name }}'}</span> a connection’s field, <span className="font-mono whitespace-nowrap">{'{{ secret.name }}'}</span> its secret.
        </p>
        <TextareaField label="Description" rows={2} value={textOf(operation.description)} readOnly={readOnly} error={wrong('description')} onChange={(event) => set('description', event.target.value)} placeholder="What it does, for those who build flows" />
      </div>
      <div className="px-4 pb-2">
        <Section title="Inputs" note={inputs.join(', ') || 'none'} open needed={bad('inputSchema')}>
          <SchemaEditor label="Inputs" noun="Input" value={operation.inputSchema} onChange={(schema) => set('inputSchema', schema)} at={`${at}.inputSchema`} problems={problems} readOnly={readOnly} hint="What a flow fills in, checked before anything is sent." empty="It asks for nothing." />
        </Section>
        <Section title="Query" note={query.map((row) => row.name).join(', ') || 'none'} open={query.length > 0} needed={bad('query')}>
          <NameValueRows noun="Query pair" rows={query} at={`${at}.query`} problems={problems} readOnly={readOnly} withOptional onChange={(rows) => set('query', rows)} empty="No query." />
        </Section>
        <Section title="Headers" note={headers.map((row) => row.name).join(', ') || 'those of the integration'} open={headers.length > 0} needed={bad('headers')}>
          <NameValueRows noun="Header" rows={headers} at={`${at}.headers`} problems={problems} readOnly={readOnly} withOptional onChange={(rows) => set('headers', rows)} empty="The integration’s headers go with it already." />
        </Section>
        <Section title="Body" note={textOf(operation.body?.type) || 'none'} open={operation.body !== undefined} needed={bad('body')}>
          <BodyEditor body={operation.body} onChange={(body) => set('body', body)} at={`${at}.body`} problems={problems} readOnly={readOnly} />
        </Section>
        <Section title="Outputs" note={outputs.length > 0 ? outputs.map((output) => output.var).join(', ') : 'none'} open={outputs.length > 0} needed={bad('defaultOutputMappings', 'resultPath')}>
          <OutputsEditor outputs={operation.defaultOutputMappings} onChange={(list) => set('defaultOutputMappings', list)} at={`${at}.defaultOutputMappings`} problems={problems} readOnly={readOnly} />
          <TextField label="Result path" mono value={textOf(operation.resultPath)} readOnly={readOnly} error={wrong('resultPath')} onChange={(event) => set('resultPath', event.target.value)} placeholder="$.status" hint="JSONPath of the value that a case’s result is compared with." className="max-w-sm" />
        </Section>
        <Section title="Answer" note={operation.responseSchema ? plural(Object.keys(objectOf(operation.responseSchema.properties)).length, 'field') : 'not described'} needed={bad('responseSchema')}>
          <p className="text-xs text-ink-3">JSON Schema of a 2xx answer: for those who build flows, and to compare versions by. An answer is not held against it.</p>
          <JsonField label="Answer as JSON Schema" value={operation.responseSchema} onChange={(schema) => set('responseSchema', schema)} readOnly={readOnly} error={wrong('responseSchema', true)} />
        </Section>
        <Section title="Sending" note={sendingNote(operation)} needed={bad('timeoutMs', 'retry', 'idempotency')}>
          <SendingFields operation={operation} onChange={onChange} at={at} problems={problems} readOnly={readOnly} />
        </Section>
      </div>
    </section>
  );
}

function sendingNote({ timeoutMs, retry, idempotency }: OperationDoc): string {
  const attempts = objectOf(retry).maxAttempts;
  const parts = [timeoutMs && `${timeoutMs} ms`, typeof attempts === 'number' && plural(attempts, 'attempt'), idempotency && 'idempotent'];
  return parts.filter(Boolean).join(', ') || 'timeout, retry and idempotency as usual';
}

/** Its name, its key, and what can be done with all of it. */
function Head({ name, operation, readOnly, taken, onChange, onRename, onDuplicate, onRemove }: OperationEditorProps) {
  const [key, setKey] = useState(name);
  const isTaken = taken(key);
  const rename = () => {
    if (key === '' || isTaken) setKey(name);
    else if (key !== name) onRename(key);
  };
  return (
    <header className="flex items-start gap-3 border-b p-4">
      <h2 className="sr-only">{operation.name || name}</h2>
      <div className="grid min-w-0 flex-1 gap-3 sm:grid-cols-2">
        <TextField label="Name" value={textOf(operation.name)} readOnly={readOnly} onChange={(event) => onChange(withKey(operation, 'name', event.target.value))} placeholder={name} />
        <TextField
          label="Key"
          mono
          value={key}
          readOnly={readOnly}
          error={isTaken ? 'Another operation has this key.' : undefined}
          onChange={(event) => setKey(event.target.value)}
          onBlur={rename}
          onKeyDown={(event) => event.key === 'Enter' && rename()}
          hint={readOnly ? undefined : 'What flows call it by.'}
        />
      </div>
      {!readOnly && (
        <Menu
          label="Operation"
          trigger={<IconButton label={`More for ${name}`} icon={<MoreHorizontal />} className="mt-5" />}
          items={[{ label: 'Duplicate', icon: <Copy />, onSelect: onDuplicate }, null, { label: 'Remove', icon: <Trash2 />, danger: true, onSelect: onRemove }]}
        />
      )}
    </header>
  );
}
