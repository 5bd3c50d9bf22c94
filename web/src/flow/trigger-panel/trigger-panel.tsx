import { useQuery } from '@tanstack/react-query';
import type { Found } from '@/shared/api/client';
import { problemsAt } from '@/shared/lib/problems';
import { CodeBlock } from '@/shared/ui/code';
import { ProblemList } from '@/shared/ui/problem-list';
import { SelectField } from '@/shared/ui/select';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { useFlow } from '../context';
import { eventCurl, runCurl } from '../curl';
import type { FlowDoc, Json, TriggerDoc } from '../document/types';
import { PanelBody, PanelPart } from '../kinds/panel-parts';
import { flowSchemaQuery } from '../schema-form';
import { blank, resolve, variantIndex, viewOf, type JsonSchema, type Variant } from '../schema-form/schema';
import { SchemaField, SchemaFields } from '../schema-form/schema-field';
import { SampleField } from './sample-field';

export interface TriggerPanelProps {
  doc: FlowDoc;
  onChange(doc: FlowDoc): void;
  readOnly: boolean;
  /** What the check says of the whole flow: that of the trigger is shown here. */
  problems?: Found[];
}

/** What starts a run of the flow, and an event to try it with. */
export function TriggerPanel({ doc, onChange, readOnly, problems = [] }: TriggerPanelProps) {
  const schema = useQuery(flowSchemaQuery);
  const here = [...problemsAt(problems, 'trigger', true), ...problemsAt(problems, 'entry', true)];
  if (schema.isError) return <ErrorState error={schema.error} onRetry={() => void schema.refetch()} />;
  if (!schema.data) return <Skeleton rows={4} />;
  return (
    <PanelBody>
      <TriggerFields schema={schema.data} doc={doc} onChange={onChange} readOnly={readOnly} />
      {here.length > 0 && <ProblemList problems={here} />}
      <Sample doc={doc} readOnly={readOnly} />
    </PanelBody>
  );
}

/** The types that the server knows, in its words. */
function variantsOf(schema: JsonSchema): Variant[] {
  const trigger = schema.properties?.trigger;
  if (!trigger) return [];
  const view = viewOf(trigger, schema.$defs ?? {});
  if (view.kind === 'variants') return view.variants;
  return [{ label: 'Trigger', schema: resolve(trigger, schema.$defs ?? {}) }];
}

function TriggerFields({ schema, doc, onChange, readOnly }: Omit<TriggerPanelProps, 'problems'> & { schema: JsonSchema }) {
  const defs = schema.$defs ?? {};
  const variants = variantsOf(schema);
  const index = variantIndex(doc.trigger, variants, defs);
  const variant = variants[index];
  const view = variant && viewOf(variant.schema, defs);
  const set = (trigger: Json | undefined) => onChange({ ...doc, trigger: (trigger ?? {}) as unknown as TriggerDoc });
  return (
    <>
      <SelectField
        label="What starts a run"
        data-field="trigger.type"
        disabled={readOnly}
        value={index < 0 ? '' : String(index)}
        placeholder={index < 0 ? `${doc.trigger?.type || 'Not set'}` : undefined}
        hint={variant?.description}
        options={variants.map((each, at) => ({ value: String(at), label: each.label === 'Api' ? 'A call of the API' : each.label === 'Event' ? 'An event' : each.label }))}
        onChange={(at) => set(blank(variants[Number(at)]!.schema, defs))}
      />
      {view?.kind === 'object' && <SchemaFields view={view} schema={variant!.schema} defs={defs} except={['type']} value={doc.trigger as Json} onChange={set} node="" path="trigger" readOnly={readOnly} />}
      <EntryField schema={schema} doc={doc} onChange={onChange} readOnly={readOnly} />
    </>
  );
}

/** How often one contact may enter: shown where the server leaves a choice. */
function EntryField({ schema, doc, onChange, readOnly }: Omit<TriggerPanelProps, 'problems'> & { schema: JsonSchema }) {
  const entry = schema.properties?.entry;
  const defs = schema.$defs ?? {};
  const view = entry && viewOf(entry, defs);
  const choice = view && ((view.kind === 'choice' && view.choices.length > 1) || view.kind === 'variants');
  if (!entry || (!choice && doc.entry === undefined)) return null;
  const set = (value: Json | undefined) => {
    const { entry: _, ...rest } = doc;
    onChange((value === undefined ? rest : { ...rest, entry: value }) as FlowDoc);
  };
  return <SchemaField schema={entry} defs={defs} label="Entry" value={doc.entry as Json | undefined} onChange={set} node="" path="entry" readOnly={readOnly} />;
}

function Sample({ doc, readOnly }: { doc: FlowDoc; readOnly: boolean }) {
  const { samples, slug } = useFlow();
  const event = { ...samples.event, ...(Object.keys(samples.contact).length > 0 ? { contact: samples.contact } : {}) };
  const byEvent = doc.trigger?.type === 'event';
  return (
    <>
      <SampleField part="event" label="Sample event" hint="What previews, test calls and trials read as the event. It stays in this browser." readOnly={readOnly} />
      <PanelPart title={byEvent ? 'Send it from your application' : 'Start a run from your application'}>
        <CodeBlock label="the command" text={byEvent ? eventCurl(event) : runCurl(slug, event)} />
        <p className="text-xs text-ink-3">It starts a run of the published version; a token with the role operator goes in place of $CALLOUT_TOKEN.</p>
      </PanelPart>
    </>
  );
}
