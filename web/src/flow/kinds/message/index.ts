import { MessageSquare } from 'lucide-react';
import { lazy } from 'react';
import { oneWay, type NodeKind } from '../kind';

/** The text, or the one for all locales that have none of their own. */
export function firstText(text: unknown): string {
  if (typeof text === 'string') return text;
  if (typeof text !== 'object' || text === null) return '';
  const texts = text as Record<string, string>;
  return texts.default ?? Object.values(texts)[0] ?? '';
}

export const message: NodeKind = {
  type: 'message',
  label: 'Message',
  description: 'Tell the contact something',
  icon: MessageSquare,
  group: 'Contact',
  panel: lazy(() => import('./panel')),
  create: () => ({ type: 'message', name: 'Message', text: '' }),
  summary: (node) => firstText(node.text) || 'No text yet',
  ...oneWay,
};
