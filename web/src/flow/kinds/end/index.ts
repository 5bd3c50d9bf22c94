import { CircleStop } from 'lucide-react';
import { lazy } from 'react';
import type { NodeKind } from '../kind';

export const end: NodeKind = {
  type: 'end',
  label: 'End',
  description: 'End the run, with a result if you like',
  icon: CircleStop,
  group: 'Flow',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'end', name: 'End' }),
  summary: (node) => (node.status === 'failed' ? 'Ends as failed' : 'Ends as completed'),
  outlets: () => [],
  connect: (node) => node,
};
