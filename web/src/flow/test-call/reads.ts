// Which test values a request needs: the paths that its templates read.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useDebounced } from '@/shared/lib/hooks';
import type { SampleScope } from '../context';
import type { NodeDoc } from '../document/types';
import { hasHole } from '../template-field';
import { readsOf } from './api';

/** What of a node makes its request. */
const requestKeys = ['url', 'query', 'headers', 'auth', 'body', 'inputs'];

/** Every text in the request that holds a template. */
export function textsOf(node: NodeDoc): string[] {
  const texts: string[] = [];
  const walk = (value: unknown) => {
    if (typeof value === 'string') {
      if (hasHole(value)) texts.push(value);
    } else if (typeof value === 'object' && value !== null && !('enabled' in value && value.enabled === false)) {
      Object.values(value).forEach(walk);
    }
  };
  requestKeys.forEach((key) => walk(node[key]));
  return [...new Set(texts)];
}

/** The paths that a person can give a test value for. */
export function useReads(node: NodeDoc): string[] {
  const texts = useDebounced(JSON.stringify(textsOf(node)), 300);
  const reads = useQuery({ queryKey: ['reads', texts], queryFn: () => readsOf(JSON.parse(texts) as string[]), placeholderData: (before) => before, staleTime: Infinity });
  const contact = (node.body as { type?: string } | undefined)?.type === 'contact';
  return useMemo(() => {
    const paths = (reads.data ?? []).map((path) => path.replace(/^user(?=\.|$)/, 'contact')).filter((path) => /^(vars|event|contact)\./.test(path));
    return [...new Set(contact ? [...paths, 'contact.externalId'] : paths)].sort();
  }, [reads.data, contact]);
}

function stepsOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|([^.[\]]+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4]!);
}

export function sampleAt(samples: SampleScope, path: string): unknown {
  return stepsOf(path).reduce<unknown>((value, step) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined), samples);
}

/** The samples with one value put at a path, or taken away; a list stays a list. */
export function withSample(samples: SampleScope, path: string, value: unknown): SampleScope {
  const put = (at: unknown, [step, ...rest]: string[]): unknown => {
    if (step === undefined) return value;
    const holder: Record<string, unknown> | unknown[] = Array.isArray(at) ? [...(at as unknown[])] : typeof at === 'object' && at !== null ? { ...at } : /^\d+$/.test(step) ? [] : {};
    const below = put((holder as Record<string, unknown>)[step], rest);
    if (below === undefined && !Array.isArray(holder)) delete holder[step];
    else (holder as Record<string, unknown>)[step] = below;
    return holder;
  };
  return put(samples, stepsOf(path)) as SampleScope;
}
