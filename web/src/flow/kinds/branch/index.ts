import { Split } from 'lucide-react';
import { lazy } from 'react';
import { nextOutlet, withNext, type NodeDoc, type NodeKind } from '../kind';

export interface BranchCaseDoc {
  name?: string;
  when: string;
  to: string;
}

export function branchCases(node: NodeDoc): BranchCaseDoc[] {
  return Array.isArray(node.cases) ? (node.cases as BranchCaseDoc[]) : [];
}

export const branch: NodeKind = {
  type: 'branch',
  label: 'Branch',
  description: 'Go one of several ways',
  icon: Split,
  group: 'Logic',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'branch', name: 'Branch', cases: [{ when: '', to: '' }] }),
  summary(node) {
    const cases = branchCases(node);
    return cases.map((row) => row.name || row.when).filter(Boolean).join(' · ') || 'No condition yet';
  },
  outlets: (node) => [
    ...branchCases(node).map((row, index) => ({
      id: `case:${index}`,
      label: row.name || row.when || 'no condition',
      to: row.to || null,
      role: 'case' as const,
      tone: 'neutral' as const,
    })),
    nextOutlet(node, 'otherwise'),
  ],
  connect(node, outlet, to) {
    if (outlet === 'next') return withNext(node, to);
    const at = Number(outlet.slice('case:'.length));
    return { ...node, cases: branchCases(node).map((row, index) => (index === at ? { ...row, to: to ?? '' } : row)) };
  },
};
