import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { cn } from '@/shared/lib/cn';
import { Combobox } from '@/shared/ui/combobox';
import { ErrorNote, Skeleton } from '@/shared/ui/states';
import type { Json } from '../../document/types';
import { FieldProblems } from '../../field-problems';
import { asSchema, JsonValueField, Properties, resolve } from '../../input-form';
import { textOf } from '../kind';
import { integrationsQuery, integrationVersionQuery, type IntegrationDoc, type OperationDoc } from './api';
import { ConnectionField } from './connection-field';
import { HeadersPart } from './http-source';
import { listOf, objectOf, type PartProps, type RowDoc } from './model';
import { Part } from './part';
import { RowsEditor } from './rows';
import { VersionDialog } from './version-dialog';

const tones: Record<string, string> = { GET: 'text-ok', POST: 'text-accent-text', PUT: 'text-warn', PATCH: 'text-warn', DELETE: 'text-bad' };

export function MethodMark({ method = 'GET' }: { method?: string }) {
  return <span className={cn('w-12 shrink-0 pt-0.5 font-mono text-xs font-medium', tones[method] ?? 'text-ink-2')}>{method}</span>;
}

/** The integration's version that the node pins, while there is one. */
export function usePinned(node: PartProps['node']) {
  const slug = textOf(node.integrationSlug);
  const version = typeof node.integrationVersion === 'number' ? node.integrationVersion : 0;
  return useQuery({ ...integrationVersionQuery(slug, version), enabled: node.mode === 'integration' && slug !== '' && version > 0 });
}

export function SavedSource(props: PartProps) {
  const { id, node, patch, readOnly } = props;
  const slug = textOf(node.integrationSlug);
  const key = textOf(node.operationKey);
  const integrations = useQuery(integrationsQuery);
  const pinned = usePinned(node);
  const published = (integrations.data ?? []).filter((each) => typeof each.version === 'number');
  const operation = pinned.data?.operations?.[key];
  const latest = published.find((each) => each.slug === slug)?.version ?? null;
  return (
    <div className="flex flex-col gap-3 pb-3">
      <div className="flex flex-col gap-1">
        <Combobox
          label="Integration"
          data-field="integrationSlug"
          value={slug}
          disabled={readOnly}
          placeholder="Choose a saved API"
          none={integrations.isPending ? 'Loading…' : integrations.isError ? 'The integrations could not be read.' : 'No integration is published yet.'}
          choices={published.map((each) => ({ value: each.slug, label: each.name, description: each.slug }))}
          onChange={(next) => next !== slug && patch({ integrationSlug: next, integrationVersion: published.find((each) => each.slug === next)?.version, operationKey: undefined, connectionId: undefined, inputs: undefined })}
        />
        <FieldProblems node={id} field="integrationSlug" />
        {slug && <Pinned {...props} slug={slug} latest={latest} operation={key} />}
      </div>
      {pinned.isError && <ErrorNote error={pinned.error} />}
      {slug && pinned.isPending && pinned.fetchStatus !== 'idle' && <Skeleton rows={3} label="Loading the integration" />}
      {pinned.data && <OperationField {...props} integration={pinned.data} />}
      {slug && <ConnectionField {...props} integration={slug} />}
      {pinned.data && operation && <Inputs {...props} integration={pinned.data} operation={operation} />}
      <Additions {...props} />
    </div>
  );
}

function Pinned({ id, node, patch, readOnly, slug, latest, operation }: PartProps & { slug: string; latest: number | null; operation: string }) {
  const [open, setOpen] = useState(false);
  const version = typeof node.integrationVersion === 'number' ? node.integrationVersion : null;
  const newer = version !== null && latest !== null && latest > version;
  return (
    <>
      <p className="flex min-h-5 flex-wrap items-center gap-x-1.5 text-xs text-ink-3" data-field="integrationVersion" tabIndex={-1}>
        Pinned to version {version ?? '?'}.
        {newer && (
          <button type="button" className="text-accent-text underline" onClick={() => setOpen(true)}>
            Version {latest} is out: what changes
          </button>
        )}
      </p>
      <FieldProblems node={id} field="integrationVersion" />
      {newer && <VersionDialog open={open} onClose={() => setOpen(false)} slug={slug} from={version} to={latest} operation={operation} readOnly={readOnly} onMove={() => patch({ integrationVersion: latest })} />}
    </>
  );
}

function OperationField({ id, node, patch, readOnly, integration }: PartProps & { integration: IntegrationDoc }) {
  const key = textOf(node.operationKey);
  const operations = Object.entries(integration.operations ?? {});
  const chosen = integration.operations?.[key];
  return (
    <div className="flex flex-col gap-1">
      <Combobox
        label="Operation"
        data-field="operationKey"
        value={key}
        disabled={readOnly}
        placeholder="Choose what to call"
        none="No operation fits."
        choices={operations.map(([name, each]) => ({
          value: name,
          label: each.name || name,
          description: [name, each.path, each.description?.trim()].filter(Boolean).join(' · '),
          mark: <MethodMark method={each.method} />,
        }))}
        onChange={(operationKey) => operationKey !== key && patch({ operationKey, inputs: undefined })}
      />
      <FieldProblems node={id} field="operationKey" />
      {chosen && (
        <div className="text-xs text-ink-3">
          <p className="font-mono break-all">
            {chosen.method ?? 'GET'} {chosen.path || '/'}
          </p>
          {chosen.description && <p className="mt-0.5 break-words">{chosen.description}</p>}
        </div>
      )}
    </div>
  );
}

function Inputs({ id, node, patch, readOnly, integration, operation }: PartProps & { integration: IntegrationDoc; operation: OperationDoc }) {
  // References are looked up in the schema itself, else in the whole document.
  const own = asSchema(operation.inputSchema);
  const root = { ...(integration as object), ...own };
  const schema = resolve(own, root);
  const named = Object.keys(schema.properties ?? {}).length > 0;
  const inputs = objectOf<Record<string, Json>>(node.inputs);
  const write = (next: Json | undefined) => patch({ inputs: next === undefined || (typeof next === 'object' && next !== null && Object.keys(next).length === 0) ? undefined : next });
  if (!named && (schema.additionalProperties === false || operation.inputSchema === undefined)) {
    return <p className="text-xs text-ink-3">This operation needs no inputs.</p>;
  }
  return (
    <section aria-label="Inputs" className="flex flex-col gap-3 border-t pt-3">
      <h3 className="text-sm font-medium">Inputs</h3>
      {named ? (
        <Properties schema={schema} root={root} value={inputs} onChange={write} node={id} dataField="inputs" readOnly={readOnly} />
      ) : (
        <JsonValueField label="Inputs" node={id} dataField="inputs" value={inputs} onChange={write} readOnly={readOnly} />
      )}
      <FieldProblems node={id} field="inputs" />
    </section>
  );
}

/** Query pairs and headers that go beside those of the operation. */
function Additions(props: PartProps) {
  const { id, node, patch, readOnly } = props;
  const query = listOf<RowDoc>(node.query);
  const headers = listOf<RowDoc>(node.headers);
  return (
    <div className="-mb-3">
      <Part node={id} title="More query" fields={['query']} count={query.length} note={query.length === 0 ? 'Beside that of the operation' : undefined}>
        <RowsEditor noun="parameter" label="Query" field="query" node={id} rows={query} onChange={(rows) => patch({ query: rows.length > 0 ? rows : undefined })} position="query" readOnly={readOnly} />
      </Part>
      <HeadersPart {...props} headers={headers} />
    </div>
  );
}
