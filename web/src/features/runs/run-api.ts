// One run as the server has it, kept up while it goes on.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { FlowDoc } from '@/flow/document/types';
import { isOpen, withNews, type News, type RunRecord } from '@/flow/record/types';
import { api, unwrap } from '@/shared/api/client';
import { useStream } from '@/shared/api/streams';
import { useLatest } from '@/shared/lib/hooks';

const runKey = (id: string) => ['run', id] as const;

/** The record; parts that the server leaves out are empty. */
async function fetchRun(id: string): Promise<RunRecord> {
  const record = (await unwrap(api.GET('/v1/runs/{id}', { params: { path: { id } } }))) as unknown as RunRecord;
  return { ...record, status: record.status ?? 'running', steps: record.steps ?? [], effects: record.effects ?? [] };
}

const pollMs = 3_000;
/** What a stream tells is drawn in lots: a run that has been through many steps tells them all at once. */
const lotMs = 50;

function useCollected<T>(take: (all: T[]) => void): (one: T) => void {
  const held = useRef<T[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useLatest(take);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (one) => {
    held.current.push(one);
    if (held.current.length > 1) return;
    timer.current = setTimeout(() => latest.current(held.current.splice(0)), lotMs);
  };
}

export function useRun(id: string) {
  const queries = useQueryClient();
  const run = useQuery({ queryKey: runKey(id), queryFn: () => fetchRun(id) });
  const open = run.data !== undefined && isOpen(run.data.status);
  const collect = useCollected<News>((news) => queries.setQueryData<RunRecord>(runKey(id), (record) => record && withNews(record, news)));
  const state = useStream(open ? `/v1/runs/${encodeURIComponent(id)}/stream` : null, ['step', 'effect', 'status'], (name, data) => {
    if (name === 'status') void queries.invalidateQueries({ queryKey: runKey(id) });
    else collect({ name, data } as News);
  });
  // Where the stream is lost the record is asked for again and again, until the run is over.
  useQuery({
    queryKey: ['run-poll', id],
    queryFn: async () => {
      await queries.invalidateQueries({ queryKey: runKey(id) });
      return null;
    },
    enabled: open && state === 'lost',
    refetchInterval: pollMs,
  });
  return { run, live: open && state === 'open' };
}

/** The flow as it was published in the run's version. */
export function useVersion(slug: string | undefined, version: number | undefined) {
  return useQuery({
    queryKey: ['flow-version', slug, version],
    queryFn: async () => (await unwrap(api.GET('/v1/flows/{slug}/versions/{version}', { params: { path: { slug: slug!, version: version! } }, headers: { accept: 'application/json' } }))) as unknown as FlowDoc,
    enabled: Boolean(slug && version),
    staleTime: Infinity,
  });
}

export function useCancel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST('/v1/runs/{id}/cancel', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: runKey(id) }),
  });
}

export function useRunAgain(id: string) {
  return useMutation({ mutationFn: () => unwrap(api.POST('/v1/runs/{id}/rerun', { params: { path: { id } } })) });
}
