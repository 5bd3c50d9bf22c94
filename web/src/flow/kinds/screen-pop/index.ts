import { AppWindow } from 'lucide-react';
import { lazy } from 'react';
import { oneWay, textOf, type NodeKind } from '../kind';

export const screenPop: NodeKind = {
  type: 'screenPop',
  label: 'Screen pop',
  description: "Open a record on the agent's screen",
  icon: AppWindow,
  group: 'Agents',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'screenPop', name: 'Screen pop', title: '', url: '' }),
  summary: (node) => textOf(node.title) || textOf(node.url) || 'Nothing to show yet',
  ...oneWay,
};
