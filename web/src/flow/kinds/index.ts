// All kinds of nodes, in the order of the palette. A new kind is a folder, and a line here.
import { CircleHelp } from 'lucide-react';
import type { NodeDoc } from '../document/types';
import { apiCall } from './api-call';
import { branch } from './branch';
import { end } from './end';
import { goToFlow } from './go-to-flow';
import { handoff } from './handoff';
import { oneWay, type NodeKind } from './kind';
import { message } from './message';
import { screenPop } from './screen-pop';
import { setVars } from './set-vars';
import { wait } from './wait';

export const kinds: readonly NodeKind[] = [apiCall, branch, setVars, wait, message, screenPop, handoff, goToFlow, end];

const byType = new Map(kinds.map((kind) => [kind.type, kind]));
// Former names that flows may still carry.
byType.set('httpRequest', apiCall);
byType.set('integrationCall', apiCall);

/** The kind of a node; one that this page does not know is drawn with its type, and edited by its schema. */
export function kindOf(node: Pick<NodeDoc, 'type'>): NodeKind {
  return byType.get(node.type) ?? unknownKind(node.type);
}

function unknownKind(type: string): NodeKind {
  return {
    type,
    label: type || 'No type',
    description: 'A kind that this page does not know',
    icon: CircleHelp,
    group: 'Flow',
    create: () => ({ type }),
    summary: () => '',
    ...oneWay,
  };
}

export type { NodeKind, PanelProps } from './kind';
