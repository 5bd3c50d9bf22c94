import { Globe } from 'lucide-react';
import { lazy } from 'react';
import { textOf, withNext, nextOutlet, type NodeKind } from '../kind';
import { caseOutlets, connectCase } from './cases';

export const apiCall: NodeKind = {
  type: 'apiCall',
  label: 'API call',
  description: 'Call an API and branch on what came back',
  icon: Globe,
  group: 'Calls',
  create: () => ({ type: 'apiCall', name: 'API call', mode: 'http', url: '', cases: [{ on: '2xx', to: '' }] }),
  summary(node) {
    if (node.mode === 'integration') {
      const operation = textOf(node.operationKey);
      return [textOf(node.integrationSlug), operation].filter(Boolean).join(' · ') || 'No operation chosen';
    }
    const url = textOf(node.url).replace(/^https?:\/\//, '');
    const method = textOf(node.method) || ((node.body as { type?: string } | undefined)?.type === 'contact' ? 'POST' : 'GET');
    return url ? `${method} ${url}` : 'No URL yet';
  },
  outlets: (node) => [...caseOutlets(node), { ...nextOutlet(node, 'no case matched') }],
  panel: lazy(() => import('./panel')),
  connect: (node, outlet, to) => (outlet === 'next' ? withNext(node, to) : connectCase(node, outlet, to)),
};
