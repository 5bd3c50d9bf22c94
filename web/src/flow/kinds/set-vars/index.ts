import { Braces } from 'lucide-react';
import { lazy } from 'react';
import { oneWay, type NodeKind } from '../kind';

export const setVars: NodeKind = {
  type: 'setVars',
  label: 'Set variables',
  description: 'Give variables values',
  icon: Braces,
  group: 'Logic',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'setVars', name: 'Set variables', set: {} }),
  summary: (node) => Object.keys((node.set as object | undefined) ?? {}).join(', ') || 'Sets nothing yet',
  ...oneWay,
};
