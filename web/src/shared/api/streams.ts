// Server-sent events: of a GET with the browser's own reader, of a POST read by hand.
import { useEffect, useState } from 'react';
import { useLatest } from '../lib/hooks';
import { ApiError, OfflineError, type Problem } from './client';

export type StreamState = 'connecting' | 'open' | 'lost';
export type OnEvent = (name: string, data: unknown) => void;

/** Follows a stream for as long as the component stands; the browser connects again by itself. */
export function useStream(path: string | null, names: readonly string[], onEvent: OnEvent): StreamState {
  const [state, tell] = useState<StreamState>('connecting');
  const latest = useLatest(onEvent);
  const list = names.join(' ');
  useEffect(() => {
    if (path === null || typeof EventSource === 'undefined') return;
    const source = new EventSource(path, { withCredentials: true });
    source.onopen = () => tell('open');
    source.onerror = () => tell('lost');
    for (const name of list.split(' ')) {
      source.addEventListener(name, (event) => {
        latest.current(name, readJson((event as MessageEvent<string>).data));
      });
    }
    return () => source.close();
  }, [path, list, latest]);
  return state;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Posts, and hands on each event of the answer until it ends. */
export async function postStream(path: string, body: unknown, onEvent: OnEvent, signal?: AbortSignal): Promise<void> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error instanceof TypeError) throw new OfflineError();
    throw error;
  }
  if (!response.ok || !response.body) throw new ApiError((await response.json()) as Problem);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held += value;
    const blocks = held.split(/\r?\n\r?\n/);
    held = blocks.pop() ?? '';
    for (const block of blocks) readBlock(block, onEvent);
  }
}

function readBlock(block: string, onEvent: OnEvent) {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith('event:')) name = line.slice(6).trim();
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  if (data.length > 0) onEvent(name, readJson(data.join('\n')));
}
