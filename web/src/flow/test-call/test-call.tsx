// Tries one call for real, with test values.
import { useMutation } from '@tanstack/react-query';
import { Eye, Send, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { isProblem } from '@/shared/api/client';
import { useMay } from '@/shared/api/session';
import { Button } from '@/shared/ui/button';
import { Confirm } from '@/shared/ui/dialog';
import { toast } from '@/shared/ui/toast';
import { useFlow } from '../context';
import type { NodeDoc } from '../document/types';
import { listOf, type OutputDoc } from '../kinds/api-call/model';
import { AnswerView } from './answer-view';
import { previewCall, testCall, type CallAnswer, type CallPreview } from './api';
import { CallError } from './call-preview';
import { CopyCurl } from './copy-curl';
import { useReads } from './reads';
import { PreviewView, RequestView } from './request-view';
import { SaveVariable, type Pick } from './save-variable';
import { TestValues } from './test-values';

interface TestCallProps {
  id: string;
  node: NodeDoc;
  onChange(node: NodeDoc): void;
  readOnly: boolean;
}

/** Longer values are not kept as test values: the browser has little room. In characters of JSON. */
const keptMax = 20_000;

/** What was done last. */
type Shown = { kind: 'preview'; preview: CallPreview } | { kind: 'answer'; answer: CallAnswer; of: NodeDoc } | null;

/** Of each node, so that it is there again after one has edited. */
const kept = new Map<string, Shown>();

export function TestCall({ id, node, onChange, readOnly }: TestCallProps) {
  const { slug, samples, setSamples, variablesAt } = useFlow();
  const may = useMay('editor');
  const reads = useReads(node);
  const [shown, setShown] = useState<Shown>(() => kept.get(`${slug}/${id}`) ?? null);
  const show = (next: Shown) => {
    kept.set(`${slug}/${id}`, next);
    setShown(next);
  };
  const [asking, ask] = useState<CallPreview | null>(null);
  const [pick, setPick] = useState<Pick | null>(null);

  const stopping = useRef<AbortController | null>(null);
  // Who leaves waits no more.
  useEffect(() => () => stopping.current?.abort(), []);

  const preview = useMutation({
    mutationFn: () => previewCall(node, samples),
    onSuccess: (made) => show({ kind: 'preview', preview: made }),
  });
  const send = useMutation({
    mutationFn: async (confirm: boolean) => {
      const stop = new AbortController();
      stopping.current = stop;
      try {
        return await testCall(node, samples, confirm, stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return null;
        if (!isProblem(error, 'confirm-needed')) throw error;
        ask(await previewCall(node, samples));
        return null;
      }
    },
    onSuccess: (answer) => answer && show({ kind: 'answer', answer, of: node }),
  });
  const error = send.error ?? preview.error;

  if (!may) return <p className="text-sm text-ink-3">Test calls are sent for real, so they need the role editor.</p>;
  const outputs = listOf<OutputDoc>(node.outputs);
  const keep = (answer: CallAnswer) => {
    const small = Object.entries(answer.set ?? {}).filter(([, value]) => (JSON.stringify(value) ?? '').length <= keptMax);
    setSamples({ ...samples, vars: { ...samples.vars, ...Object.fromEntries(small) } });
    toast('The variables are test values now.');
  };
  const save = (output: OutputDoc) => {
    onChange({ ...node, outputs: [...outputs, output] });
    setPick(null);
    toast(`${output.var} is set from this answer. Later steps can read it.`);
  };
  return (
    <section aria-label="Test call" className="flex flex-col gap-4">
      <TestValues id={id} reads={reads} />
      <div className="flex flex-wrap items-center gap-2">
        <Button
          look="primary"
          icon={<Send />}
          busy={send.isPending}
          onClick={() => {
            preview.reset();
            send.mutate(false);
          }}
        >
          Send
        </Button>
        {send.isPending && (
          <Button icon={<X />} onClick={() => stopping.current?.abort()}>
            Stop
          </Button>
        )}
        <Button
          icon={<Eye />}
          busy={preview.isPending}
          onClick={() => {
            send.reset();
            preview.mutate();
          }}
        >
          Preview
        </Button>
        <CopyCurl node={node} />
      </div>
      <div aria-live="polite" className="flex flex-col gap-4">
        {error ? <CallError error={error} /> : null}
        {!error && shown?.kind === 'preview' && <PreviewView preview={shown.preview} />}
        {!error && shown?.kind === 'answer' && <AnswerView answer={shown.answer} node={shown.of} onPick={readOnly ? undefined : setPick} onKeep={() => keep(shown.answer)} />}
        {!error && !shown && <p className="text-xs text-ink-3">Send calls the API for real; nothing of it is kept or counted. Preview sends nothing.</p>}
      </div>
      <Confirm
        open={asking !== null}
        title={`Send this ${asking?.request?.method ?? 'request'} for real?`}
        action={`Send ${asking?.request?.method ?? 'it'}`}
        onClose={() => ask(null)}
        onConfirm={() => {
          ask(null);
          send.mutate(true);
        }}
      >
        <p className="mb-3">It may change something at {asking?.verdict?.host ?? 'the API'}.</p>
        <div className="max-h-80 overflow-auto text-ink">{asking?.request && <RequestView request={asking.request} />}</div>
      </Confirm>
      {pick && <SaveVariable pick={pick} taken={[...outputs.map((row) => row.var), ...variablesAt(id).map((variable) => variable.name)]} onSave={save} onClose={() => setPick(null)} />}
    </section>
  );
}
