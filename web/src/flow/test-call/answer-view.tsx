import { ArrowRight } from 'lucide-react';
import { formatBytes, formatMs } from '@/shared/lib/format';
import { visible } from '@/shared/lib/visible';
import { OutcomeBadge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Code, CodeBlock } from '@/shared/ui/code';
import { JsonTree } from '@/shared/ui/json-tree';
import { Tabs } from '@/shared/ui/tabs';
import { useFlow } from '../context';
import { targetFlow, type NodeDoc } from '../document/types';
import type { CallAnswer } from './api';
import { Headers, Remarks, RequestView } from './request-view';
import type { Pick } from './save-variable';
import { Attempts } from './timing';

/** How a test call ended, all of it. */
export function AnswerView({ answer, node, onPick, onKeep }: { answer: CallAnswer; node: NodeDoc; onPick?(pick: Pick): void; onKeep(): void }) {
  const { attempts, response, problems, request } = answer;
  const total = attempts.reduce((sum, each) => sum + (each.timing?.totalMs ?? each.durationMs), 0);
  const count = Object.keys(answer.set ?? {}).length;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <OutcomeBadge outcome={answer.outcome ?? 'none'} />
        <span className="text-ink-2">{formatMs(total)}</span>
        {response && <span className="text-ink-2">{formatBytes(response.bytes)}</span>}
        <CaseTaken answer={answer} node={node} />
      </div>
      {problems.length > 0 && <Remarks remarks={problems} />}
      <Tabs
        label="The call"
        tabs={[
          { value: 'answer', label: 'Answer', content: <Answer answer={answer} onPick={onPick} /> },
          { value: 'timing', label: attempts.length > 1 ? `Timing (${attempts.length} attempts)` : 'Timing', content: <Attempts attempts={attempts} /> },
          { value: 'request', label: 'Request', content: request ? <RequestView request={request} /> : <p className="text-sm text-ink-3">No request was made.</p> },
          { value: 'set', label: `Variables (${count})`, content: <VariablesSet set={answer.set ?? {}} onKeep={onKeep} /> },
        ]}
      />
    </div>
  );
}

function CaseTaken({ answer, node }: { answer: CallAnswer; node: NodeDoc }) {
  const { doc } = useFlow();
  const taken = answer.case;
  const words = taken === null ? 'No case fits' : taken === 'next' ? 'No case fits: the way on' : taken.name || (Array.isArray(taken.on) ? taken.on.join(', ') : taken.on == null ? `Case ${taken.index + 1}` : String(taken.on));
  // The node says where the case leads: a test may be sent before anything is wired.
  const cases = Array.isArray(node.cases) ? (node.cases as { to?: string }[]) : [];
  const to = (taken === 'next' ? node.next : taken ? cases[taken.index]?.to : '') ?? '';
  const name = targetFlow(to) ? `flow ${targetFlow(to)}` : (doc.nodes[to]?.name ?? to);
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <span className="text-ink-3">Case</span>
      <span className="min-w-0 break-words">{visible(words)}</span>
      <ArrowRight aria-label="leads to" className="size-3.5 shrink-0 text-ink-3" />
      <span className={name ? 'min-w-0 font-medium break-words' : 'text-ink-3'}>{name ? visible(name) : 'nowhere'}</span>
    </span>
  );
}

function Answer({ answer, onPick }: { answer: CallAnswer; onPick?(pick: Pick): void }) {
  const { response, raw, attempts } = answer;
  if (!response) {
    const error = attempts.at(-1)?.error;
    return <p className="text-sm break-words text-ink-2">{error ? visible(error.message) : attempts.length === 0 ? 'Nothing was sent.' : 'Nothing was answered.'}</p>;
  }
  const whole = !response.bodyCut;
  const nothing = response.bytes === 0;
  const decoded = response.body !== null || (raw ?? '') === 'null';
  return (
    <div className="flex flex-col gap-3">
      {nothing ? (
        <p className="text-sm text-ink-3">The body is empty.</p>
      ) : (
        <Tabs
          // What was looked at last is gone where the next answer has no tree.
          key={String(whole && decoded)}
          label="The body"
          defaultValue={whole && decoded ? 'tree' : 'raw'}
          tabs={[
            ...(whole && decoded
              ? [
                  {
                    value: 'tree',
                    label: 'Tree',
                    content: (
                      <div className="flex flex-col gap-2">
                        {onPick && <p className="text-xs text-ink-3">Click a value to save it as a variable.</p>}
                        <div className="max-h-96 overflow-auto rounded-md border bg-sunken p-2">
                          <JsonTree label="The body" value={response.body} onPick={onPick && ((path, value) => onPick({ from: 'body', path, value }))} openDepth={3} />
                        </div>
                      </div>
                    ),
                  },
                ]
              : []),
            {
              value: 'raw',
              label: 'Raw',
              content: (
                <div className="flex flex-col gap-2">
                  {response.bodyCut && <p className="text-xs text-ink-3">This is the beginning of {formatBytes(response.bytes)}. Variables are read from all of it.</p>}
                  <CodeBlock label="body as it came" text={raw ?? (typeof response.body === 'string' ? response.body : JSON.stringify(response.body, null, 2))} />
                </div>
              ),
            },
          ]}
        />
      )}
      <section aria-label="Headers of the answer" className="flex flex-col gap-2 border-t pt-3">
        <h4 className="text-xs font-medium text-ink-2">
          Status <Code>{response.status}</Code> and headers
        </h4>
        <Headers label="Headers" headers={response.headers} onPick={onPick && ((name) => onPick({ from: 'headers', name, value: response.headers[name] }))} />
      </section>
    </div>
  );
}

function VariablesSet({ set, onKeep }: { set: Record<string, unknown>; onKeep(): void }) {
  const entries = Object.entries(set);
  if (entries.length === 0) return <p className="text-sm text-ink-3">It sets no variable.</p>;
  return (
    <div className="flex flex-col gap-2">
      <div className="max-h-96 overflow-auto rounded-md border bg-sunken p-2">
        <JsonTree label="Variables that it sets" value={Object.fromEntries(entries.reverse())} openDepth={1} />
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Button size="sm" onClick={onKeep}>
          Use as test values
        </Button>
        <span className="text-xs text-ink-3">Later steps are previewed with them.</span>
      </div>
    </div>
  );
}
