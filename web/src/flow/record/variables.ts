// What the variables were before and after a step, read from what each step set.
import type { RunRecord, Step } from './types';

export type Variables = Record<string, unknown>;

function apply(vars: Variables, step: Step): Variables {
  const next = { ...vars, ...step.set };
  for (const name of step.unset ?? []) delete next[name];
  return next;
}

/** Each step's variables: a flow that is run as a part of another has its own, a jump takes them along. */
export function variablesAround(record: Pick<RunRecord, 'flow' | 'inputs' | 'steps'>, index: number): { before: Variables; after: Variables } {
  const frames = new Map<string, Variables>([[record.flow, record.inputs ?? {}]]);
  let before: Variables = {};
  let after: Variables = record.inputs ?? {};
  for (const step of record.steps.slice(0, index + 1)) {
    const flow = step.flow ?? record.flow;
    before = frames.get(flow) ?? {};
    after = apply(before, step);
    frames.set(flow, after);
    if (step.to?.startsWith('flow:')) frames.set(step.to.slice('flow:'.length), after);
  }
  return { before, after };
}

export interface Change {
  name: string;
  kind: 'set' | 'changed' | 'cleared';
  before: unknown;
  after: unknown;
}

export function changes(before: Variables, after: Variables): Change[] {
  const found: Change[] = [];
  for (const [name, value] of Object.entries(after)) {
    if (!(name in before)) found.push({ name, kind: 'set', before: undefined, after: value });
    else if (JSON.stringify(before[name]) !== JSON.stringify(value)) found.push({ name, kind: 'changed', before: before[name], after: value });
  }
  for (const name of Object.keys(before)) {
    if (!(name in after)) found.push({ name, kind: 'cleared', before: before[name], after: undefined });
  }
  return found;
}
