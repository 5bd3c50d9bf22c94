// The panel of an API call: what is called, what becomes of the answer, where to go on.
import { Globe, Plug } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Segmented } from '@/shared/ui/toggle';
import type { NodeDoc } from '../../document/types';
import { useFlow } from '../../context';
import { FieldProblems } from '../../field-problems';
import type { PanelProps } from '../kind';
import { textOf } from '../kind';
import { AnswerPart, IdempotencyPart, TimePart } from './advanced-parts';
import { CasesPart } from './cases-part';
import { HttpSource } from './http-source';
import { patched, type PartProps } from './model';
import { OutputsPart } from './outputs-part';
import { PreviewPart } from './preview-part';
import { SavedSource, usePinned } from './saved-source';

/** What belongs to one source alone: it is put aside while the other is chosen. */
const ofSource = {
  http: ['method', 'url', 'urlHosts', 'query', 'querySeparator', 'headers', 'auth', 'connectionId', 'body', 'responseVariable', 'resultPath'],
  integration: ['integrationSlug', 'integrationVersion', 'operationKey', 'connectionId', 'inputs', 'query', 'querySeparator', 'headers'],
} as const;

type Source = keyof typeof ofSource;

const sources: { value: Source; label: string; icon: React.ReactNode }[] = [
  { value: 'http', label: 'HTTP request', icon: <Globe aria-hidden /> },
  { value: 'integration', label: 'Saved integration', icon: <Plug aria-hidden /> },
];

function pick(node: NodeDoc, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => node[key] !== undefined).map((key) => [key, node[key]]));
}

function without(node: NodeDoc, keys: readonly string[]): NodeDoc {
  return Object.fromEntries(Object.entries(node).filter(([key]) => !keys.includes(key))) as NodeDoc;
}

/** What was put aside, by flow and node: it is there again after a look at the test call. */
const aside = new Map<string, Partial<Record<Source, Record<string, unknown>>>>();

export default function ApiCallPanel({ id, node, onChange, readOnly }: PanelProps) {
  const source: Source = node.mode === 'integration' || node.type === 'integrationCall' ? 'integration' : 'http';
  const key = `${useFlow().slug}/${id}`;
  // Two writes of one moment must not lose each other: each goes on from the last.
  const newest = useRef(node);
  useEffect(() => {
    newest.current = node;
  }, [node]);
  const write = (next: NodeDoc) => {
    newest.current = next;
    onChange(next);
  };
  const patch = (changes: Record<string, unknown>) => write(patched(newest.current, changes));

  const turn = (next: Source) => {
    if (next === source) return;
    const now = newest.current;
    const held = { ...aside.get(key), [source]: pick(now, ofSource[source]) };
    aside.set(key, held);
    const kept = without(now, ofSource[source]);
    write({ ...kept, type: 'apiCall', mode: next, ...(next === 'http' ? { url: '' } : {}), ...held[next] });
  };

  const part: PartProps = { id, node, patch, readOnly };
  const pinned = usePinned(node);
  const given = source === 'integration' ? pinned.data?.operations?.[textOf(node.operationKey)]?.defaultOutputMappings : undefined;
  return (
    <div className="flex flex-col">
      <div className="pb-3">
        <Segmented label="What is called" value={source} options={sources} disabled={readOnly} onChange={turn} />
        <FieldProblems node={id} field="mode" />
      </div>
      {source === 'http' ? <HttpSource {...part} /> : <SavedSource {...part} />}
      <TimePart {...part} />
      <IdempotencyPart {...part} />
      <AnswerPart {...part} />
      <OutputsPart {...part} given={given} />
      <CasesPart {...part} given={given} />
      <PreviewPart {...part} />
    </div>
  );
}
