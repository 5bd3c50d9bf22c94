// Whether counts are shown on the canvas, and of which time and version.
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, useMemo, useState } from 'react';
import type { FlowDoc } from '@/flow/document/types';
import { flowQuery, useCounts, versionQuery } from '../api';
import { drawCounts, type CountsDrawn } from './figures';

export const ranges = [
  { hours: 1, label: '1 h' },
  { hours: 24, label: '24 h' },
  { hours: 168, label: '7 d' },
  { hours: 720, label: '30 d' },
] as const;

export interface CountsShown extends CountsDrawn {
  on: boolean;
  toggle(): void;
  hours: number;
  setHours(hours: number): void;
  which: 'all' | 'latest';
  setWhich(which: 'all' | 'latest'): void;
  /** The latest published version; null where there is none. */
  version: number | null;
  total: { success: number; fail: number } | null;
  loading: boolean;
  error: unknown;
}

export const CountsContext = createContext<CountsShown | null>(null);

export function useCountsContext(): CountsShown {
  const value = useContext(CountsContext);
  if (!value) throw new Error('useCountsContext is for the parts of the editor');
  return value;
}

const nothing: CountsDrawn = { nodes: {}, wires: {}, hidden: 0 };

export function useCountsShown(slug: string, doc: FlowDoc): CountsShown {
  const [on, setOn] = useState(false);
  const [hours, setHours] = useState(24);
  const [which, setWhich] = useState<'all' | 'latest'>('all');
  const version = useQuery(flowQuery(slug)).data?.version ?? null;
  const shown = on && version !== null;
  const counts = useCounts(slug, hours, which === 'latest' ? version : null, shown);
  const counted = useQuery({ ...versionQuery(slug, version ?? 0), enabled: shown });
  const drawn = useMemo(() => (shown && counts.data && counted.data ? drawCounts(doc, counted.data, counts.data) : nothing), [shown, doc, counted.data, counts.data]);
  return useMemo(
    () => ({
      ...drawn,
      on,
      toggle: () => setOn((before) => !before),
      hours,
      setHours,
      which,
      setWhich,
      version,
      total: counts.data ?? null,
      loading: shown && counts.isPending,
      error: shown ? counts.error : null,
    }),
    [drawn, on, hours, which, version, shown, counts.data, counts.isPending, counts.error],
  );
}
