import { Clock } from 'lucide-react';
import { lazy } from 'react';
import { oneWay, textOf, type NodeKind } from '../kind';

export const wait: NodeKind = {
  type: 'wait',
  label: 'Wait',
  description: 'Go on after a time',
  icon: Clock,
  group: 'Logic',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'wait', name: 'Wait', duration: '5m' }),
  summary: (node) => (textOf(node.duration) ? `For ${textOf(node.duration)}` : 'No time yet'),
  ...oneWay,
};
