// How templates look with the test values: the server renders, all fields that wait in one request.
import { useContext, useEffect, useState } from 'react';
import { api, unwrap, type Schemas } from '@/shared/api/client';
import { FlowContext, type SampleScope } from '../context';
import { hasHole } from './holes';

/** Where a template stands; its value is placed as that place wants it. */
export type Position = Schemas['RenderPosition'];
export type Rendered = Omit<Schemas['RenderedField'], 'key'>;

interface Asked {
  position: Position;
  text: string;
  optional: boolean;
}

/** How long the fields are gathered, ms: about a pause in typing. */
const gatherMs = 250;
/** The most fields of one request, by the API's bound. */
const fieldsMax = 200;

interface Waiting extends Asked {
  scope: SampleScope;
  tell(rendered: Rendered | null): void;
}

const waiting = new Set<Waiting>();
let timer: ReturnType<typeof setTimeout> | undefined;

function enqueue(item: Waiting) {
  waiting.add(item);
  clearTimeout(timer);
  timer = setTimeout(flush, gatherMs);
}

function flush() {
  const byScope = group([...waiting]);
  waiting.clear();
  for (const [scope, items] of byScope) {
    for (let start = 0; start < items.length; start += fieldsMax) void send(scope, items.slice(start, start + fieldsMax));
  }
}

function group(items: Waiting[]): Map<SampleScope, Waiting[]> {
  const groups = new Map<SampleScope, Waiting[]>();
  for (const item of items) groups.set(item.scope, [...(groups.get(item.scope) ?? []), item]);
  return groups;
}

async function send(scope: SampleScope, items: Waiting[]) {
  try {
    const fields = items.map(({ position, text, optional }, index) => ({ key: String(index), position, text, ...(optional ? { optional } : {}) }));
    const answers = await unwrap(api.POST('/v1/render', { body: { scope: scope as Schemas['Scope'], fields } }));
    const byKey = new Map(answers.fields.map((answer) => [answer.key, answer]));
    items.forEach((item, index) => item.tell(byKey.get(String(index)) ?? null));
  } catch {
    // A preview is a kindness: where the server cannot be asked, the field goes on without.
    items.forEach((item) => item.tell(null));
  }
}

/** Whether there is anything to show: a text without holes is what it says. */
function worthAsking(position: Position, text: string): boolean {
  return position === 'expression' ? text.trim() !== '' : hasHole(text) || ((position === 'json' || position === 'jsonText') && text.trim() !== '');
}

interface RenderOptions {
  off?: boolean;
  optional?: boolean;
  /** The text is one leaf of a JSON value, not JSON itself. */
  leaf?: boolean;
}

/** How this text looks with the flow's test values; null until it is known, and where there is nothing to render. */
export function useRendered(position: Position | undefined, text: string, { off = false, optional = false, leaf = false }: RenderOptions = {}): Rendered | null {
  const flow = useContext(FlowContext);
  const scope = flow?.samples;
  const wanted = !off && position !== undefined && scope !== undefined && !flow?.readOnly && (leaf ? hasHole(text) : worthAsking(position, text));
  const [known, tell] = useState<{ text: string; rendered: Rendered | null } | null>(null);
  useEffect(() => {
    if (!wanted || !scope || position === undefined) return;
    const asked = leaf ? JSON.stringify(text) : text;
    const item: Waiting = { position, text: asked, optional, scope, tell: (rendered) => tell({ text, rendered }) };
    enqueue(item);
    return () => {
      waiting.delete(item);
      item.tell = () => {};
    };
  }, [wanted, position, text, optional, leaf, scope]);
  // What was rendered of an older text stands until the new one is known, so that nothing flickers.
  return wanted ? (known?.rendered ?? null) : null;
}
