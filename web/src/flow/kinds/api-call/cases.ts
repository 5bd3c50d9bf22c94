// The rows of an API call's cases: the author's, and below them those that are always there.
import type { NodeDoc, Outlet } from '../../document/types';

export interface CaseDoc {
  name?: string;
  on?: string | number | (string | number)[];
  result?: unknown;
  when?: string;
  to: string;
}

/** The rows that stand below the author's: they can be re-wired, not removed; where nothing is wired they are not written. */
export const defaultOutcomes = ['error', 'timeout', 'max-connection', 'other'] as const;
export type DefaultOutcome = (typeof defaultOutcomes)[number];

export interface CaseRows {
  author: CaseDoc[];
  defaults: { on: DefaultOutcome; to: string | null }[];
}

export function onList(row: CaseDoc): string[] {
  if (row.on === undefined || row.on === null) return [];
  return (Array.isArray(row.on) ? row.on : [row.on]).map(String);
}

function bare(row: CaseDoc): boolean {
  return row.name === undefined && row.when === undefined && row.result === undefined;
}

function defaultKey(row: CaseDoc): DefaultOutcome | undefined {
  const on = onList(row);
  return bare(row) && on.length === 1 ? defaultOutcomes.find((key) => key === on[0]) : undefined;
}

/** Parts what is written: rows at the end that say nothing but a default outcome are the default rows. */
export function splitCases(node: NodeDoc): CaseRows {
  const rows = Array.isArray(node.cases) ? (node.cases as CaseDoc[]).filter((row) => typeof row === 'object' && row !== null) : [];
  const wired = new Map<DefaultOutcome, string>();
  let end = rows.length;
  for (; end > 0; end--) {
    const row = rows[end - 1]!;
    const key = defaultKey(row);
    if (key === undefined || wired.has(key)) break;
    wired.set(key, row.to);
  }
  const author = rows.slice(0, end);
  const covered = new Set(author.filter(bare).flatMap(onList));
  const defaults = defaultOutcomes.filter((on) => wired.has(on) || !covered.has(on)).map((on) => ({ on, to: wired.get(on) || null }));
  return { author, defaults };
}

/** The node with these rows; default rows without a target are left out. */
export function joinCases(node: NodeDoc, rows: CaseRows): NodeDoc {
  const wired = rows.defaults.filter((row) => row.to !== null).map((row) => ({ on: row.on, to: row.to! }));
  const cases = [...rows.author, ...wired];
  const { cases: _, ...rest } = node;
  return (cases.length > 0 ? { ...rest, cases } : rest) as NodeDoc;
}

/** A row in few words: its name, else its outcomes and condition. */
export function caseLabel(row: CaseDoc): string {
  if (row.name) return row.name;
  const on = onList(row).join(', ');
  const result = row.result === undefined ? '' : `= ${typeof row.result === 'string' ? row.result : JSON.stringify(row.result)}`;
  const label = [on, result].filter(Boolean).join(' ');
  if (row.when) return label ? `${label} if …` : `if ${row.when}`;
  return label || 'always';
}

function tone(row: CaseDoc): Outlet['tone'] {
  const on = onList(row);
  if (on.length > 0 && on.every((key) => /^2|^success$/.test(key))) return 'ok';
  if (on.length > 0 && on.every((key) => !/^[123]|^success$|^other$/.test(key))) return 'bad';
  return 'neutral';
}

export function caseOutlets(node: NodeDoc): Outlet[] {
  const { author, defaults } = splitCases(node);
  return [
    ...author.map((row, index): Outlet => ({ id: `case:${index}`, label: caseLabel(row), to: row.to || null, role: 'case', tone: tone(row) })),
    ...defaults.map(({ on, to }): Outlet => ({ id: `default:${on}`, label: on, to, role: 'default', tone: on === 'other' ? 'neutral' : 'bad' })),
  ];
}

export function connectCase(node: NodeDoc, outlet: string, to: string | null): NodeDoc {
  const rows = splitCases(node);
  const [role, key] = outlet.split(/:(.*)/s);
  if (role === 'case') rows.author = rows.author.map((row, index) => (index === Number(key) ? { ...row, to: to ?? '' } : row));
  else rows.defaults = rows.defaults.map((row) => (row.on === key ? { ...row, to } : row));
  return joinCases(node, rows);
}
