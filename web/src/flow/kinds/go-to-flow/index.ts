import { CornerUpRight } from 'lucide-react';
import { lazy } from 'react';
import { nextOutlet, textOf, withNext, type NodeDoc, type NodeKind } from '../kind';

/** How a sub-flow can have ended. */
const ends = [
  { on: 'success', tone: 'ok' as const },
  { on: 'failed', tone: 'bad' as const },
];

interface EndCase {
  on?: unknown;
  to: string;
}

function cases(node: NodeDoc): EndCase[] {
  return Array.isArray(node.cases) ? (node.cases as EndCase[]) : [];
}

export const goToFlow: NodeKind = {
  type: 'goToFlow',
  label: 'Go to flow',
  description: 'Go on in another flow, or run it as a part of this one',
  icon: CornerUpRight,
  group: 'Flow',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'goToFlow', name: 'Go to flow', flow: '', mode: 'jump' }),
  summary: (node) => (textOf(node.flow) ? `${node.mode === 'subFlow' ? 'Runs' : 'Jumps to'} ${textOf(node.flow)}` : 'No flow chosen'),
  outlets(node) {
    if (node.mode !== 'subFlow') return [];
    const wired = (on: string) => cases(node).find((row) => row.on === on)?.to || null;
    return [...ends.map(({ on, tone }) => ({ id: `default:${on}`, label: on, to: wired(on), role: 'default' as const, tone })), nextOutlet(node)];
  },
  connect(node, outlet, to) {
    if (outlet === 'next') return withNext(node, to);
    const on = outlet.slice('default:'.length);
    const { cases: _, ...rest } = node;
    const kept = cases(node).filter((row) => row.on !== on);
    const all = to === null ? kept : [...kept, { on, to }];
    return (all.length > 0 ? { ...rest, cases: all } : rest) as typeof node;
  },
};
