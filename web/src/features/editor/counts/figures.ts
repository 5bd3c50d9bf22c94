// A flow's counts as the canvas shows them: beside its nodes and on its wires.
import type { FlowDoc, NodeDoc } from '@/flow/document/types';
import { outletsOf, wireId, type NodeDecoration, type WireDecoration } from '@/flow/graph';
import { kindOf } from '@/flow/kinds';
import { splitCases } from '@/flow/kinds/api-call/cases';
import { formatCount, formatMs, plural } from '@/shared/lib/format';
import type { Counts } from '../api';

type NodeFigures = Counts['nodes'][number];

/** The outlet of a case, which is counted by its place among the rows that are written. */
export function outletOfCase(node: NodeDoc, key: string): string | null {
  if (key === 'next') return 'next';
  const index = Number(key);
  if (!/^\d+$/.test(key)) return null;
  const kind = kindOf(node);
  if (kind.type === 'apiCall') {
    const { author } = splitCases(node);
    const row = (node.cases as { on?: unknown }[] | undefined)?.[index];
    return index < author.length ? `case:${index}` : row ? `default:${String(Array.isArray(row.on) ? row.on[0] : row.on)}` : null;
  }
  if (kind.type === 'goToFlow') {
    const row = (node.cases as { on?: unknown }[] | undefined)?.[index];
    return row ? `default:${String(row.on)}` : null;
  }
  return `case:${index}`;
}

function rowOf(node: NodeDoc | undefined, key: string): string {
  if (!node) return '';
  if (key === 'next') return JSON.stringify(node.next ?? null);
  return JSON.stringify((node.cases as unknown[] | undefined)?.[Number(key)] ?? null);
}

export interface CountsDrawn {
  nodes: Record<string, NodeDecoration>;
  wires: Record<string, WireDecoration>;
  /** How many counted ways are not shown, because the draft's row is not as it was published. */
  hidden: number;
}

/** `counted` is the published document that the counts' cases are of. */
export function drawCounts(doc: FlowDoc, counted: FlowDoc, counts: Counts): CountsDrawn {
  const drawn: CountsDrawn = { nodes: {}, wires: {}, hidden: 0 };
  for (const figures of counts.nodes) {
    const node = doc.nodes[figures.node];
    if (!node) continue;
    drawn.nodes[figures.node] = nodeCounts(figures);
    for (const each of figures.cases) {
      const outlet = outletOfCase(node, each.case);
      if (outlet === null || each.case === 'none') continue;
      if (rowOf(node, each.case) !== rowOf(counted.nodes[figures.node], each.case)) {
        drawn.hidden++;
        continue;
      }
      if (!outletsOf(doc, figures.node).some((of) => of.id === outlet)) continue;
      const all = each.success + each.fail;
      drawn.wires[wireId(figures.node, outlet)] = {
        label: `${formatCount(all)} · ${formatMs(each.p95Ms)}`,
        title: `${plural(all, 'visit')} left here; 95 of 100 took at most ${formatMs(each.p95Ms)}`,
      };
    }
  }
  return drawn;
}

function nodeCounts({ success, fail, p50Ms, p95Ms, p99Ms }: NodeFigures): NodeDecoration {
  const times = `half took at most ${formatMs(p50Ms)}, 95 of 100 ${formatMs(p95Ms)}, 99 of 100 ${formatMs(p99Ms)}`;
  return {
    note: [`${formatCount(success)} ok`, ...(fail > 0 ? [`${formatCount(fail)} failed`] : []), `p95 ${formatMs(p95Ms)}`].join(' · '),
    spoken: `${success} succeeded, ${fail} failed; ${times}`,
  };
}
