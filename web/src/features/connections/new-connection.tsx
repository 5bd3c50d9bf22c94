import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { AuthForm, type AuthDoc } from '@/flow/auth-form/auth-form';
import { namesRead } from '@/flow/auth-form/kinds';
import { TlsForm, type TlsDoc } from '@/flow/auth-form/tls-form';
import { slugOf } from '@/shared/lib/format';
import { foundIn, problemsAt, wordsOf } from '@/shared/lib/problems';
import { Button } from '@/shared/ui/button';
import { Combobox } from '@/shared/ui/combobox';
import { TextField } from '@/shared/ui/input';
import { Card, Page } from '@/shared/ui/page';
import { Section } from '@/shared/ui/section';
import { ErrorNote, ErrorState, Skeleton } from '@/shared/ui/states';
import { Words } from '@/shared/ui/words';
import { integrationsQuery, needsQuery, useCreateConnection, type IntegrationNeeds, type Limits } from './api';
import { ExpiryField } from './expiry-field';
import { LimitsForm } from './limits-form';
import { fieldsOf, problemsNaming, SchemaFields, type SchemaField } from './schema-fields';
import { SecretInput } from './secret-input';

/** What stands for a connection without an integration, in the list to choose from. */
const adHoc = ':http';

export function NewConnection() {
  const search = useSearch({ strict: false }) as { integration?: string };
  const [target, setTarget] = useState(search.integration ?? '');
  const integrations = useQuery(integrationsQuery);
  const slug = target && target !== adHoc ? target : null;
  const needs = useQuery({ ...needsQuery(slug ?? ''), enabled: slug !== null });
  return (
    <Page
      title="New connection"
      description="One account at an API. Its secrets go in and never come out."
      actions={
        <Link to="/connections" className="rounded text-accent-text hover:underline">
          Back to the connections
        </Link>
      }
    >
      <div className="flex max-w-4xl flex-col gap-4">
        <Card title="What it is for">
          {integrations.isPending ? (
            <Skeleton rows={1} />
          ) : integrations.isError ? (
            <ErrorState error={integrations.error} onRetry={() => void integrations.refetch()} />
          ) : (
            <div className="max-w-lg">
              <Combobox
                label="Integration"
                value={target}
                onChange={setTarget}
                hint="It never changes. Only published integrations are here."
                choices={[
                  ...integrations.data.filter(({ version }) => version).map(({ slug, name }) => ({ value: slug, label: name || slug, description: slug })),
                  { value: adHoc, label: 'None: HTTP requests of flows', description: 'For API calls that give their own URL.' },
                ]}
              />
            </div>
          )}
        </Card>
        {slug !== null && needs.isPending && <Skeleton />}
        {slug !== null && needs.isError && <ErrorState error={needs.error} onRetry={() => void needs.refetch()} />}
        {slug !== null && needs.data === null && <p className="text-ink-2">This integration is not published yet: publish it first.</p>}
        {(target === adHoc || (slug !== null && needs.data)) && <Form key={target} slug={slug} needs={needs.data ?? null} />}
      </div>
    </Page>
  );
}

interface Given {
  name: string;
  id: string | null;
  config: Record<string, unknown>;
  secrets: Record<string, string>;
  auth?: AuthDoc;
  tls?: TlsDoc;
  hosts: string;
  limits: Limits;
  expiresAt: string | null;
}

const nothing: Given = { name: '', id: null, config: {}, secrets: {}, hosts: '', limits: {}, expiresAt: null };

/** Where an auth is the connection's own, its templates say which fields and secrets there are. */
function namesOf(auth: unknown, from: 'conn' | 'secret'): SchemaField[] {
  return namesRead(auth, from).map((name) => ({ name, schema: {}, required: true }));
}

function Form({ slug, needs }: { slug: string | null; needs: IntegrationNeeds | null }) {
  const [given, setGiven] = useState<Given>(slug ? nothing : { ...nothing, auth: { type: 'bearer', token: '{{ secret.token }}' } });
  const set = (part: Partial<Given>) => setGiven({ ...given, ...part });
  const create = useCreateConnection();
  const navigate = useNavigate();
  const problems = foundIn(create.error);
  const own = [given.auth, given.tls];
  const configFields = needs ? fieldsOf(needs.configSchema) : namesOf(own, 'conn');
  const secretFields = needs ? fieldsOf(needs.secretSchema) : namesOf(own, 'secret');
  const id = given.id ?? slugOf(given.name);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const hosts = given.hosts.split(/[\s,]+/).filter(Boolean);
    const secrets = Object.fromEntries(secretFields.flatMap(({ name }) => (given.secrets[name] ? [[name, given.secrets[name]]] : [])));
    const { auth, tls, config, limits, expiresAt, name } = given;
    create.mutate(
      { id, name: name || undefined, integrationSlug: slug, ...(slug ? {} : { auth: auth ?? { type: 'none' } }), tls, config, secrets, limits, expiresAt, ...(hosts.length > 0 ? { allowedHosts: hosts } : {}) } as Parameters<typeof create.mutate>[0],
      { onSuccess: (made) => void navigate({ to: '/connections/$id', params: { id: made.id } }) },
    );
  };
  const placed = (at: string) => /^(id|name|config|secrets|allowedHosts|limits|expiresAt|auth|tls)\b/.test(at);
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4" autoComplete="off">
      {create.error && !(problems.length > 0 && problems.every(({ at }) => placed(at))) && <ErrorNote error={create.error} />}
      {!slug && (
        <Card title="Signing in">
          <AuthForm value={given.auth} onChange={(auth) => set({ auth })} problems={problems} />
          <div className="mt-3">
            <Section title="Certificates" note={given.tls ? 'set' : 'as the system has them'}>
              <TlsForm value={given.tls} onChange={(tls) => set({ tls })} problems={problems} />
            </Section>
          </div>
        </Card>
      )}
      <Card title="The account">
        <div className="flex flex-col gap-4">
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField label="Name" value={given.name} onChange={(event) => set({ name: event.target.value })} error={wordsOf(problemsAt(problems, 'name'))} placeholder="CRM of the shop" />
            <TextField label="Id" required mono value={id} onChange={(event) => set({ id: event.target.value })} error={wordsOf(problemsAt(problems, 'id'))} placeholder="crm-main" hint="What flows call it by. It stays." />
          </div>
          {configFields.length > 0 && <SchemaFields fields={configFields} value={given.config} onChange={(config) => set({ config })} problems={problems} />}
          <Secrets fields={secretFields} tls={namesRead(needs?.tls ?? given.tls, 'secret')} value={given.secrets} onChange={(secrets) => set({ secrets })} problems={problems} />
          <Unnamed problems={problems} config={configFields} secrets={secretFields} />
        </div>
      </Card>
      <Card title="Where its secrets may go">
        <TextField
          label="Allowed hosts"
          mono
          required={!slug}
          value={given.hosts}
          onChange={(event) => set({ hosts: event.target.value })}
          error={wordsOf(problemsAt(problems, 'allowedHosts', true))}
          placeholder={slug ? hostOf(needs?.baseUrl) : 'api.example.com, *.example.com'}
          hint={`${slug ? 'Empty: the hosts of the integration’s URLs, as this connection fills them in. ' : ''}Fixed once it is made: for another host make another connection.`}
        />
      </Card>
      <Card padded={false}>
        <div className="px-4 pb-1 [&>section:first-child]:border-t-0">
          <Section title="Limits" note="64 calls at once, no rate limit" needed={problemsAt(problems, 'limits', true).length > 0}>
            <LimitsForm value={given.limits} onChange={(limits) => set({ limits })} problems={problems} />
          </Section>
          <Section title="Expiry" note="does not expire" needed={problemsAt(problems, 'expiresAt').length > 0}>
            <ExpiryField value={given.expiresAt} onChange={(expiresAt) => set({ expiresAt })} error={wordsOf(problemsAt(problems, 'expiresAt'))} />
          </Section>
        </div>
      </Card>
      <div className="flex justify-end gap-2">
        <Button onClick={() => void navigate({ to: '/connections' })}>Cancel</Button>
        <Button look="primary" type="submit" busy={create.isPending}>
          Create connection
        </Button>
      </div>
    </form>
  );
}

/** The host that stands in a base URL; what a connection fills in is said as it is. */
function hostOf(baseUrl: string | undefined): string | undefined {
  return /^\w+:\/\/([^/?#:{]+)/.exec(baseUrl ?? '')?.[1] ?? baseUrl;
}

type Problems = ReturnType<typeof foundIn>;

function Secrets({ fields, tls, value, onChange, problems }: { fields: SchemaField[]; tls: string[]; value: Record<string, string>; onChange(value: Record<string, string>): void; problems: Problems }) {
  if (fields.length === 0) return <p className="text-ink-3">It has no secrets.</p>;
  return (
    <div role="group" aria-label="Secrets" className="grid gap-3 sm:grid-cols-2">
      {fields.map(({ name, schema, required }) => (
        <SecretInput
          key={name}
          label={name}
          required={required}
          lines={tls.includes(name)}
          value={value[name] ?? ''}
          onChange={(text) => onChange({ ...value, [name]: text })}
          hint={typeof schema.description === 'string' ? schema.description : undefined}
          error={wordsOf(problemsNaming(problems, 'secrets', name))}
        />
      ))}
    </div>
  );
}

/** Problems of the fields or the secrets that no field's name is in. */
function Unnamed({ problems, config, secrets }: { problems: Problems; config: SchemaField[]; secrets: SchemaField[] }) {
  const rest = problems.filter((problem) => {
    const [at, fields] = problem.at.startsWith('config') ? (['config', config] as const) : (['secrets', secrets] as const);
    return problem.at.startsWith(at) && !fields.some(({ name }) => problemsNaming([problem], at, name).length > 0);
  });
  const text = wordsOf(rest);
  return text ? (
    <p className="text-xs break-words text-bad">
      <Words text={text} />
    </p>
  ) : null;
}
