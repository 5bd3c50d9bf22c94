// The way that a run took, drawn on its flow. No React here.
import { kindOf } from '@/flow/kinds';
import type { FlowDoc, NodeDoc } from '@/flow/document/types';
import type { NodeDecoration, WireDecoration } from '@/flow/graph';
import { outcomeTone, type Tone } from '@/shared/ui/badge';
import { isOpen, type CaseTaken, type RunRecord, type Step } from '@/flow/record/types';
import { triggerId, wireId } from '@/flow/graph';

export interface Path {
  decorations: Record<string, NodeDecoration>;
  edgeDecorations: Record<string, WireDecoration>;
}

/** The outlet of a node that a case of its document is, as the canvas names it. */
export function outletTaken(node: NodeDoc, taken: CaseTaken): string | null {
  if (taken === null) return null;
  if (taken === 'next') return 'next';
  const ids = kindOf(node)
    .outlets(node)
    .map((outlet) => outlet.id);
  const own = `case:${taken.index}`;
  if (ids.includes(own)) return own;
  return ids.find((id) => id === `default:${[taken.on].flat()[0] ?? ''}`) ?? null;
}

function toneOf(run: RunRecord, last: Step): Tone {
  if (run.error?.node === last.node) return 'bad';
  return last.outcome ? outcomeTone(last.outcome) : 'accent';
}

function decorate(run: RunRecord, steps: Step[]): NodeDecoration {
  const last = steps.at(-1)!;
  const visits = steps.length > 1 ? `×${steps.length}` : '';
  const badge = [last.outcome ?? '', visits].filter(Boolean).join(' ');
  const spoken = ['visited', steps.length > 1 ? `${steps.length} times` : '', last.outcome ?? ''].filter(Boolean).join(', ');
  return { tone: toneOf(run, last), ...(badge ? { badge } : {}), spoken };
}

/** Which nodes were visited and which wires taken, of the flow that is drawn. */
export function pathOf(run: RunRecord, doc: FlowDoc): Path {
  const steps = run.steps.filter((step) => (step.flow ?? run.flow) === doc.slug);
  const byNode = new Map<string, Step[]>();
  for (const step of steps) byNode.set(step.node, [...(byNode.get(step.node) ?? []), step]);
  const decorations: Record<string, NodeDecoration> = {};
  const edgeDecorations: Record<string, WireDecoration> = {};
  const begun = steps.length > 0 || run.waitingAt === doc.start;
  edgeDecorations[wireId(triggerId, 'start')] = begun ? { look: 'strong', tone: 'accent' } : { look: 'faint' };
  for (const [id, node] of Object.entries(doc.nodes)) {
    const visits = byNode.get(id);
    const here = isOpen(run.status) && run.waitingAt === id;
    decorations[id] = visits ? decorate(run, visits) : here ? {} : { faint: true, spoken: 'not visited' };
    if (here) decorations[id] = { ...decorations[id], faint: false, tone: 'warn', badge: 'waiting', spoken: 'the run waits here' };
    if (!visits && run.error?.node === id) decorations[id] = { tone: 'bad', badge: run.error.code, spoken: 'the run failed here' };
    const taken = new Map<string, number>();
    for (const step of visits ?? []) {
      const outlet = outletTaken(node, step.case);
      if (outlet) taken.set(outlet, (taken.get(outlet) ?? 0) + 1);
    }
    for (const outlet of kindOf(node).outlets(node)) {
      const times = taken.get(outlet.id) ?? 0;
      edgeDecorations[wireId(id, outlet.id)] = times === 0 ? { look: 'faint' } : { look: 'strong', tone: 'accent', ...(times > 1 ? { label: `×${times}`, title: `Taken ${times} times` } : {}) };
    }
  }
  return { decorations, edgeDecorations };
}
