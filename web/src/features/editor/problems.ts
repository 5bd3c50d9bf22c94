// The check's findings, as the canvas and the list show them.
import type { FlowDoc } from '@/flow/document/types';
import { flowOrder, triggerId, type ProblemCount } from '@/flow/graph';
import type { Found } from '@/shared/api/client';

/** The node that a finding is about, and the field below it; the trigger's id for what is about it, null for the flow's own. */
export function whereIs(at: string): { node: string | null; field: string } {
  const inNode = at.match(/^nodes\.([^.[\]]+)(?:\.(.*))?$/s);
  if (inNode) return { node: inNode[1]!, field: inNode[2] ?? '' };
  if (/^(trigger|start|entry)\b/.test(at)) return { node: triggerId, field: at };
  return { node: null, field: at };
}

export function problemCounts(problems: readonly Found[]): Record<string, ProblemCount> {
  const counts: Record<string, ProblemCount> = {};
  for (const problem of problems) {
    const { node } = whereIs(problem.at);
    if (node === null) continue;
    const count = (counts[node] ??= { errors: 0, warnings: 0 });
    if (problem.severity === 'error') count.errors++;
    else count.warnings++;
  }
  return counts;
}

/** Errors first; in the order in which the flow is read. */
export function sortProblems(doc: FlowDoc, problems: readonly Found[]): Found[] {
  const order = new Map(flowOrder(doc).map((id, index) => [id, index]));
  const rank = ({ severity, at }: Found) => {
    const { node } = whereIs(at);
    const place = node === null ? -2 : node === triggerId ? -1 : (order.get(node) ?? order.size);
    return (severity === 'error' ? 0 : 1e6) + place;
  };
  return [...problems].sort((a, b) => rank(a) - rank(b));
}
