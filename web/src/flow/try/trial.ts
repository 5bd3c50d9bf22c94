// A trial of a draft: sent to the server, and what it told so far.
import { useCallback, useEffect, useReducer, useRef } from 'react';
import { ApiError } from '@/shared/api/client';
import { postStream } from '@/shared/api/streams';
import { withNews, type Effect, type News, type RunRecord, type Step } from '../record/types';

export interface Wanted {
  event: Record<string, unknown>;
  contact: Record<string, unknown>;
  vars: Record<string, unknown>;
  skipWaits: boolean;
}

export interface Trial {
  state: 'idle' | 'running' | 'over';
  /** What happened so far; the whole record at the end. */
  record: RunRecord | null;
  error: unknown;
  /** The server asks whether that is meant: it may change something. */
  question: ApiError | null;
}

type Act = { do: 'start'; slug: string; event: unknown } | { do: 'news'; news: News[] } | { do: 'record'; record: RunRecord } | { do: 'end'; error?: unknown } | { do: 'ask'; question: ApiError } | { do: 'calm' };

const idle: Trial = { state: 'idle', record: null, error: null, question: null };

class CutOff extends Error {
  constructor() {
    super('The trial was cut off before its end. What it sent until then was sent. Try again.');
  }
}

export function reduce(trial: Trial, act: Act): Trial {
  switch (act.do) {
    case 'start':
      return { ...idle, state: 'running', record: { id: '', flow: act.slug, status: 'running', event: act.event, steps: [], effects: [] } };
    case 'news':
      return trial.record ? { ...trial, record: withNews(trial.record, act.news) } : trial;
    case 'record':
      return { ...trial, record: act.record };
    case 'end': {
      const told = trial.record !== null && (trial.record.status !== 'running' || trial.record.steps.length > 0);
      return { ...trial, state: 'over', error: act.error ?? null, record: told ? trial.record : null };
    }
    case 'ask':
      return { ...idle, question: act.question };
    case 'calm':
      return { ...trial, question: null };
  }
}

/** Steps are drawn in lots: a flow that goes in circles tells thousands. */
const lotMs = 50;

export function useTrial(slug: string, saved: () => Promise<void>) {
  const [trial, tell] = useReducer(reduce, idle);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  const start = useCallback(
    async (wanted: Wanted, confirm: boolean) => {
      stop.current?.abort();
      const mine = new AbortController();
      stop.current = mine;
      tell({ do: 'start', slug, event: wanted.event });
      try {
        await saved();
        await follow(slug, wanted, confirm, mine.signal, tell);
      } catch (error) {
        if (mine.signal.aborted) return;
        if (error instanceof ApiError && error.code === 'confirm-needed') return tell({ do: 'ask', question: error });
        tell({ do: 'end', error });
      }
    },
    [slug, saved],
  );
  const end = () => {
    stop.current?.abort();
    tell({ do: 'end' });
  };
  return { trial, start, stop: end, calm: () => tell({ do: 'calm' }) };
}

async function follow(slug: string, wanted: Wanted, confirm: boolean, signal: AbortSignal, tell: (act: Act) => void) {
  const held: News[] = [];
  let record: RunRecord | null = null;
  const flush = () => {
    if (held.length > 0 && !signal.aborted) tell({ do: 'news', news: held.splice(0) });
  };
  const timer = setInterval(flush, lotMs);
  const { event, contact, vars, skipWaits } = wanted;
  const some = Object.keys(contact).length > 0 ? { contact } : {};
  try {
    await postStream(
      `/v1/flows/${encodeURIComponent(slug)}/draft/try`,
      { event, ...some, vars, skipWaits, ...(confirm ? { confirm } : {}) },
      (name, data) => {
        if (name === 'step') held.push({ name, data: data as Step });
        if (name === 'effect') held.push({ name, data: data as Effect });
        if (name === 'record') record = { ...(data as RunRecord), steps: (data as RunRecord).steps ?? [], effects: (data as RunRecord).effects ?? [] };
      },
      signal,
    );
  } finally {
    clearInterval(timer);
    flush();
  }
  if (signal.aborted) return;
  if (!record) throw new CutOff();
  tell({ do: 'record', record });
  tell({ do: 'end' });
}
