// In which nodes two documents differ, for who has to choose between them.
import { nodesOf, type FlowDoc } from '@/flow/document/types';

export interface Differences {
  /** Names of nodes that the first alone has, the second alone has, and both have otherwise. */
  first: string[];
  second: string[];
  both: string[];
  /** Fields of the flow itself. */
  fields: string[];
}

/** The same text for values that say the same, whatever the order of their keys. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}

export function differences(first: FlowDoc, second: FlowDoc): Differences {
  const a = new Map(nodesOf(first));
  const b = new Map(nodesOf(second));
  const name = (id: string) => a.get(id)?.name || b.get(id)?.name || id;
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  keys.delete('nodes');
  return {
    first: [...a.keys()].filter((id) => !b.has(id)).map(name),
    second: [...b.keys()].filter((id) => !a.has(id)).map(name),
    both: [...a.keys()].filter((id) => b.has(id) && textOf(a.get(id)) !== textOf(b.get(id))).map(name),
    fields: [...keys].filter((key) => textOf(first[key]) !== textOf(second[key])),
  };
}

/** Whether two documents say the same, whatever the order of their keys. */
export function sayTheSame(first: FlowDoc, second: FlowDoc): boolean {
  return textOf(first) === textOf(second);
}
