// How templates look with the test values: the server renders, all fields that wait in one request.
import { useContext, useEffect, useState } from 'react';
import { api, unwrap } from '@/shared/api/client';
import { FlowContext, type SampleScope } from '../context';
import { hasHole } from './holes';

/** Where a template stands; its value is placed as that place wants it. */
export type Position = 'url' | 'query' | 'header' | 'json' | 'jsonText' | 'form' | 'xml' | 'text' | 'expression';

export interface Rendered {
  value?: unknown;
  error?: { message: string; offset?: number; fix?: string };
  /** What it reads: `vars.name`, `event.from`. */
  reads?: string[];
  /** What of that the test values lack. */
  missing?: string[];
}

interface Asked {
  position: Position;
  text: string;
}

type Ask = (scope: SampleScope, fields: (Asked & { key: string })[]) => Promise<(Rendered & { key: string })[]>;

interface RenderAnswer {
  fields: (Rendered & { key: string })[];
}

const ask: Ask = async (scope, fields) => {
  const post = api.POST as unknown as (path: string, init: { body: unknown }) => Promise<{ data?: RenderAnswer; error?: unknown; response: Response }>;
  return (await unwrap(post('/v1/render', { body: { scope, fields } }))).fields;
};

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
    const answers = await ask(scope, items.map(({ position, text }, index) => ({ key: String(index), position, text })));
    const byKey = new Map(answers.map((answer) => [answer.key, answer]));
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

/** How this text looks with the flow's test values; null until it is known, and where there is nothing to render. */
export function useRendered(position: Position | undefined, text: string, off = false): Rendered | null {
  const flow = useContext(FlowContext);
  const scope = flow?.samples;
  const wanted = !off && position !== undefined && scope !== undefined && !flow?.readOnly && worthAsking(position, text);
  const [known, tell] = useState<{ text: string; rendered: Rendered | null } | null>(null);
  useEffect(() => {
    if (!wanted || !scope || position === undefined) return;
    const item: Waiting = { position, text, scope, tell: (rendered) => tell({ text, rendered }) };
    enqueue(item);
    return () => {
      waiting.delete(item);
      item.tell = () => {};
    };
  }, [wanted, position, text, scope]);
  // What was rendered of an older text stands until the new one is known, so that nothing flickers.
  return wanted ? (known?.rendered ?? null) : null;
}
