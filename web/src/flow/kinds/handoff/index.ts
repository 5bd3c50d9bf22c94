import { Headset } from 'lucide-react';
import { lazy } from 'react';
import { oneWay, textOf, type NodeKind } from '../kind';

export const handoff: NodeKind = {
  type: 'handoff',
  label: 'Hand-off',
  description: 'Give the conversation to a group or an agent',
  icon: Headset,
  group: 'Agents',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'handoff', name: 'Hand-off', group: '' }),
  summary: (node) => (textOf(node.agent) ? `To ${textOf(node.agent)}` : textOf(node.group) ? `To the group ${textOf(node.group)}` : 'To nobody yet'),
  ...oneWay,
};
