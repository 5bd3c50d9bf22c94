// What can stand where the cursor is, inside `{{ … }}` or a bare expression.
import type { KnownVariable, SampleScope } from '../context';
import { expressionBefore } from './holes';
import { filters, members, requestRoots, roots, stepMembers, tests, transformRoots } from './words';

/** What is known at the place of a field. */
export interface Known {
  variables: KnownVariable[];
  /** The nodes that `steps.` can name. */
  nodes: { id: string; name: string }[];
  samples: SampleScope;
  /** Also `conn` and `secret`. */
  request: boolean;
  /** Also `value` and `response`. */
  transform: boolean;
}

export interface Suggestion {
  label: string;
  detail?: string;
  info?: string;
  kind: 'root' | 'variable' | 'key' | 'filter' | 'test';
  /** A key that no dot can lead to: written in brackets. */
  brackets?: boolean;
  /** Goes on: after a root comes a dot. */
  more?: boolean;
}

export interface Suggestions {
  from: number;
  options: Suggestion[];
}

const identifier = /^[A-Za-z_]\w*$/;

export function suggest(text: string, pos: number, known: Known, bare: boolean): Suggestions | null {
  const before = expressionBefore(text, pos, bare);
  if (!before || insideQuotes(before.text)) return null;
  const word = /\w*$/.exec(before.text)![0];
  const from = pos - word.length;
  const left = before.text.slice(0, before.text.length - word.length);
  if (/(^|[^|])\|\s*$/.test(left)) return { from, options: Object.entries(filters).map(([label, info]) => ({ label, info, kind: 'filter' })) };
  if (/\bis\s+(not\s+)?$/.test(left)) return { from, options: tests.map((label) => ({ label, kind: 'test' })) };
  const path = /([A-Za-z_]\w*(?:\.\w+|\[\d+\]|\["[^"]*"\])*)\.$/.exec(left);
  if (path) return { from, options: below(stepsOf(path[1]!), known) };
  // Behind a whole operand comes an operator.
  if (/[\w)\]'"]\s+$/.test(left) || /[.)\]'"]$/.test(left)) return null;
  return { from, options: beginnings(known) };
}

function insideQuotes(text: string): boolean {
  const rest = text.replace(/'[^']*'|"[^"]*"/g, '');
  return /['"]/.test(rest);
}

function stepsOf(path: string): string[] {
  return [...path.matchAll(/\["([^"]*)"\]|\[(\d+)\]|(\w+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!);
}

function describe(variable: KnownVariable): Pick<Suggestion, 'detail' | 'info'> {
  const by = variable.setBy.length > 0 ? `Set by ${variable.setBy.join(', ')}.` : '';
  return { detail: variable.maybeUnset ? 'may be unset' : variable.type, info: [by, variable.maybeUnset ? 'Not on every way that leads here.' : ''].filter(Boolean).join(' ') || undefined };
}

/** Whole paths first, so that one finds a variable by its own name; then the roots. */
function beginnings(known: Known): Suggestion[] {
  const variables = known.variables.map((variable): Suggestion => ({ label: `vars.${variable.name}`, kind: 'variable', ...describe(variable) }));
  const sampled = (['event', 'contact'] as const).flatMap((root) =>
    Object.entries(known.samples[root])
      .filter(([key]) => identifier.test(key))
      .map(([key, value]): Suggestion => ({ label: `${root}.${key}`, kind: 'key', detail: short(value) })),
  );
  const all = { ...(known.transform ? transformRoots : {}), ...roots, ...(known.request ? requestRoots : {}) };
  return [...variables, ...sampled, ...Object.entries(all).map(([label, info]): Suggestion => ({ label, info, kind: 'root', more: label !== 'now' && label !== 'value' }))];
}

/** What stands below a path: named by the page's own knowledge, and by the values of the samples. */
function below([root, ...path]: string[], known: Known): Suggestion[] {
  const found = new Map<string, Suggestion>();
  const add = (suggestion: Suggestion) => {
    if (!found.has(suggestion.label)) found.set(suggestion.label, suggestion);
  };
  if (root === 'vars' && path.length === 0) known.variables.forEach((variable) => add({ label: variable.name, kind: 'variable', ...describe(variable) }));
  if (root === 'steps' && path.length === 0) known.nodes.forEach((node) => add({ label: node.id, kind: 'key', detail: node.name, more: true }));
  if (root === 'steps' && path.length === 1) Object.entries(stepMembers).forEach(([label, info]) => add({ label, kind: 'key', info }));
  const sample = sampleAt(root!, path, known.samples);
  if (typeof sample === 'object' && sample !== null && !Array.isArray(sample)) {
    for (const [label, value] of Object.entries(sample)) add({ label, kind: 'key', detail: short(value), brackets: !identifier.test(label) });
  }
  const fixed = root === 'user' ? members.contact : members[root!];
  if (fixed && path.length === 0) Object.entries(fixed).forEach(([label, info]) => add({ label, kind: 'key', info: info || undefined }));
  return [...found.values()];
}

function sampleAt(root: string, path: string[], samples: SampleScope): unknown {
  const start: unknown = root === 'user' ? samples.contact : (samples as unknown as Record<string, unknown>)[root];
  return path.reduce<unknown>((value, step) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined), start);
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}
