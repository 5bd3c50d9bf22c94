// The record of a run as the API tells it, and of each step of it.

export interface Timing {
  totalMs: number;
  slotMs?: number;
  lookUpMs?: number;
  connectMs?: number;
  tlsMs?: number;
  headMs?: number;
  bodyMs?: number;
  reused: boolean;
}

export interface Attempt {
  number: number;
  startedAt: string;
  durationMs: number;
  outcome: string;
  status: number | null;
  sent: 'no' | 'maybe' | 'yes';
  error?: { class: string; message: string; phase?: string; reason?: string };
  timing: Timing;
  hops?: { status: number; method: string; url: string }[];
  /** Until when it waited before the next attempt. */
  retryAt?: string;
}

/** A repeated header has a list. */
export type Headers = Record<string, string | string[]>;

export interface RequestRecord {
  method: string;
  url: string;
  headers: Headers | string;
  body: unknown;
  bodyCut?: boolean;
}

export interface ResponseRecord {
  status: number;
  headers: Headers | string;
  body: unknown;
  bytes: number;
  bodyCut?: boolean;
}

export interface Note {
  code: string;
  message: string;
}

export type CaseTaken = null | 'next' | { index: number; name: string | null; on: string | string[] | null };

export interface Step {
  node: string;
  type: string;
  name?: string;
  /** The flow the node belongs to, where it is not the run's own. */
  flow?: string;
  visit: number;
  startedAt: string;
  durationMs: number;
  outcome: string | null;
  status: number | null;
  case: CaseTaken;
  to: string | null;
  attempts: Attempt[];
  request: RequestRecord | null;
  response: ResponseRecord | null;
  set: Record<string, unknown>;
  unset?: string[];
  problems: Note[];
}

/** What a run told its host. */
export interface Effect {
  id: string;
  run: string;
  node: string;
  type: string;
  to: unknown;
  data: unknown;
}

export interface RunError {
  code: string;
  message: string;
  node?: string | null;
}

export interface RunRecord {
  id: string;
  flow: string;
  version?: number;
  status: string;
  startedAt?: string;
  endedAt?: string | null;
  waitingUntil?: string | null;
  waitingAt?: string | null;
  event?: unknown;
  contact?: unknown;
  inputs?: Record<string, unknown> | null;
  vars?: Record<string, unknown>;
  result?: unknown;
  error?: RunError | null;
  effects: Effect[];
  steps: Step[];
}

/** What tells one visit from all others of the run. */
export function stepKey(step: Step): string {
  return `${step.flow ?? ''}/${step.node}/${step.visit}/${step.startedAt}`;
}

/** The outlet that a step left by, as the canvas names them; null where the run ended there. */
export function caseLabel(taken: CaseTaken): string | null {
  if (taken === null) return null;
  if (taken === 'next') return 'next';
  const on = taken.on === null ? [] : [taken.on].flat();
  return taken.name ?? (on.join(', ') || `case ${taken.index + 1}`);
}

/** Whether it goes on, or may still. */
export function isOpen(status: string): boolean {
  return status === 'running' || status === 'waiting';
}

/** What a stream tells of a run as it happens. */
export type News = { name: 'step'; data: Step } | { name: 'effect'; data: Effect };

/** The record with what a stream told, put among what is known. */
export function withNews(record: RunRecord, news: News[]): RunRecord {
  const steps = new Set(record.steps.map(stepKey));
  const effects = new Set(record.effects.map((effect) => effect.id));
  const next = { ...record, steps: [...record.steps], effects: [...record.effects] };
  for (const one of news) {
    if (one.name === 'effect' && !effects.has(one.data.id)) {
      effects.add(one.data.id);
      next.effects.push(one.data);
    }
    if (one.name === 'step' && !steps.has(stepKey(one.data))) {
      steps.add(stepKey(one.data));
      next.steps.push(one.data);
    }
  }
  return next;
}

/** The effects of each step, by its key: a node tells one at each visit, in order. */
export function effectsByStep(record: Pick<RunRecord, 'steps' | 'effects'>): Map<string, Effect[]> {
  const left = new Map<string, Effect[]>();
  for (const effect of record.effects) left.set(`${effect.type} ${effect.node}`, [...(left.get(`${effect.type} ${effect.node}`) ?? []), effect]);
  const found = new Map<string, Effect[]>();
  for (const step of record.steps) {
    const effect = left.get(`${step.type} ${step.node}`)?.shift();
    if (effect) found.set(stepKey(step), [effect]);
  }
  return found;
}
