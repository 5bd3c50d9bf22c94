// What was done to a document, step by step, to go back and forth in.

export interface Step<T> {
  value: T;
  /** What the act did, in a few words: `move 2 nodes`. It led from this value to the next. */
  what: string;
}

export interface History<T> {
  present: T;
  past: readonly Step<T>[];
  future: readonly Step<T>[];
  /** Acts with the same key shortly after each other are one step: typing in one field. */
  last?: { key: string; at: number };
}

/** The most steps that are kept. */
const stepsMax = 200;
/** A pause this long while typing begins a new step. */
const pauseMs = 2_000;

export function begin<T>(value: T): History<T> {
  return { present: value, past: [], future: [] };
}

export function act<T>(history: History<T>, value: T, what: string, now: number, key?: string): History<T> {
  if (Object.is(value, history.present)) return history;
  const { last } = history;
  const goesOn = key !== undefined && last?.key === key && now - last.at < pauseMs && history.past.length > 0;
  const past = goesOn ? history.past : [...history.past, { value: history.present, what }].slice(-stepsMax);
  return { present: value, past, future: [], last: key === undefined ? undefined : { key, at: now } };
}

export function undo<T>(history: History<T>): History<T> {
  const step = history.past.at(-1);
  if (!step) return history;
  return { present: step.value, past: history.past.slice(0, -1), future: [...history.future, { value: history.present, what: step.what }] };
}

export function redo<T>(history: History<T>): History<T> {
  const step = history.future.at(-1);
  if (!step) return history;
  return { present: step.value, past: [...history.past, { value: history.present, what: step.what }], future: history.future.slice(0, -1) };
}
