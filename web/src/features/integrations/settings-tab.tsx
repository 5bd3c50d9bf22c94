import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { AuthForm } from '@/flow/auth-form/auth-form';
import { namesRead } from '@/flow/auth-form/kinds';
import { TlsForm } from '@/flow/auth-form/tls-form';
import { NameValueRows } from '@/flow/name-value-rows';
import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { Button } from '@/shared/ui/button';
import { Combobox } from '@/shared/ui/combobox';
import { TextField, TextareaField } from '@/shared/ui/input';
import { Card } from '@/shared/ui/page';
import { Section } from '@/shared/ui/section';
import { listOf, objectOf, operationsOf, textOf, withKey, type IntegrationDoc, type JsonObject } from './document';
import { MethodMark } from './method-mark';
import { SchemaEditor } from './schema-editor';

interface SettingsTabProps {
  doc: IntegrationDoc;
  onChange(doc: IntegrationDoc): void;
  problems: Found[];
  readOnly: boolean;
}

/** What all operations share, and what a connection has to give. */
export function SettingsTab({ doc, onChange, problems, readOnly }: SettingsTabProps) {
  const set = (key: string, value: unknown) => onChange(withKey(doc, key, value));
  const wrong = (at: string, deep = false) => wordsOf(problemsAt(problems, at, deep));
  const schema = { problems, readOnly };
  return (
    <div className="flex max-w-4xl flex-col gap-4">
      <Card title="The API">
        <div className="flex flex-col gap-3">
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField label="Name" value={textOf(doc.name)} readOnly={readOnly} error={wrong('name')} onChange={(event) => set('name', event.target.value)} />
            <TextField label="Base URL" required mono value={textOf(doc.baseUrl)} readOnly={readOnly} error={wrong('baseUrl')} onChange={(event) => onChange({ ...doc, baseUrl: event.target.value })} hint="A connection’s fields may fill in parts: https://{{ conn.region }}.example.com" />
          </div>
          <TextareaField label="Description" rows={2} value={textOf(doc.description)} readOnly={readOnly} error={wrong('description')} onChange={(event) => set('description', event.target.value)} />
          {doc.source?.from && <SourceLine source={doc.source} />}
        </div>
      </Card>
      <Card title="Headers of every call">
        <NameValueRows noun="Header" rows={listOf(doc.headers)} at="headers" problems={problems} readOnly={readOnly} onChange={(rows) => set('headers', rows)} empty="None but those that Callout writes itself." />
      </Card>
      <Card title="Signing in">
        <AuthForm value={doc.auth} onChange={(auth) => set('auth', auth)} problems={problems} readOnly={readOnly} />
        <div className="mt-3">
          <Section title="Certificates" note={doc.tls ? 'set' : 'as the system has them'} needed={problemsAt(problems, 'tls', true).length > 0}>
            <TlsForm value={doc.tls} onChange={(tls) => set('tls', tls)} problems={problems} readOnly={readOnly} />
          </Section>
        </div>
      </Card>
      <Card title="What a connection gives">
        <div className="flex flex-col gap-5">
          <Part title="Fields, read as conn.name" missing={<Missing doc={doc} from="conn" onAdd={(next) => set('configSchema', next)} readOnly={readOnly} />}>
            <SchemaEditor {...schema} label="Connection fields" noun="Field" at="configSchema" value={doc.configSchema} onChange={(next) => set('configSchema', next)} empty="A connection gives no fields." hint="Everyone who may look at a connection sees them." />
          </Part>
          <Part title="Secrets, read as secret.name" missing={<Missing doc={doc} from="secret" onAdd={(next) => set('secretSchema', next)} readOnly={readOnly} />}>
            <SchemaEditor {...schema} label="Secrets" noun="Secret" at="secretSchema" value={doc.secretSchema} onChange={(next) => set('secretSchema', next)} textsOnly empty="A connection gives no secrets." hint="They go in and never come out." />
          </Part>
        </div>
      </Card>
      <Card title="Testing a connection">
        <Verify doc={doc} onChange={set} readOnly={readOnly} error={wrong('verify')} />
      </Card>
    </div>
  );
}

function SourceLine({ source }: { source: NonNullable<IntegrationDoc['source']> }) {
  return (
    <p className="text-xs break-words text-ink-3">
      Made of <span className="font-mono">{textOf(source.from)}</span>
      {source.version && `, version ${textOf(source.version)}`}
      {source.date && `, on ${textOf(source.date)}`}
    </p>
  );
}

function Part({ title, missing, children }: { title: string; missing: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">{title}</h3>
      {children}
      {missing}
    </div>
  );
}

/** Names that templates read and that no connection has yet, to be added with one click. */
function Missing({ doc, from, onAdd, readOnly }: { doc: IntegrationDoc; from: 'conn' | 'secret'; onAdd(schema: JsonObject): void; readOnly: boolean }) {
  const schema = from === 'conn' ? doc.configSchema : doc.secretSchema;
  const properties = objectOf(schema?.properties);
  const missing = namesRead([doc.baseUrl, doc.auth, doc.tls, doc.headers], from).filter((name) => !(name in properties));
  if (missing.length === 0 || readOnly) return null;
  const add = () =>
    onAdd({
      ...(schema ?? { type: 'object' }),
      properties: { ...properties, ...Object.fromEntries(missing.map((name) => [name, { type: 'string' }])) },
      required: [...listOfTexts(schema?.required), ...missing],
    });
  return (
    <Button size="sm" icon={<Plus />} className="self-start" onClick={add}>
      Add {missing.join(', ')}: templates read {missing.length === 1 ? 'it' : 'them'}
    </Button>
  );
}

const listOfTexts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

function Verify({ doc, onChange, readOnly, error }: { doc: IntegrationDoc; onChange(key: string, value: unknown): void; readOnly: boolean; error?: string }) {
  const choices = operationsOf(doc).map(([key, { method, path, name }]) => ({ value: key, label: textOf(name) || key, description: textOf(path), mark: <MethodMark method={textOf(method) || 'GET'} /> }));
  return (
    <div className="flex max-w-lg flex-col gap-2">
      <Combobox label="Operation that proves that a connection works" value={textOf(doc.verify)} choices={choices} disabled={readOnly} onChange={(key) => onChange('verify', key)} placeholder="None" error={error} hint="One that needs no inputs and changes nothing." />
      {doc.verify && !readOnly && (
        <Button size="sm" look="ghost" className="self-start" onClick={() => onChange('verify', undefined)}>
          Take it out
        </Button>
      )}
    </div>
  );
}
