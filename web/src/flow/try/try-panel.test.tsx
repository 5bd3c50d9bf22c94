import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Role } from '@/shared/api/client';
import { TooltipProvider } from '@/shared/ui/tooltip';
import { flowValue } from '../../../tests/flow';
import { server } from '../../../tests/server';
import { FlowContext } from '../context';
import type { Step } from '../record/types';
import { TryPanel } from './try-panel';

const step = (node: string, type: string, more: Partial<Step> = {}): Step => ({ node, type, visit: 1, startedAt: '2026-01-01T00:00:00Z', durationMs: 1, outcome: null, status: null, case: 'next', to: null, attempts: [], request: null, response: null, set: {}, problems: [], ...more });
const effect = (id: string, node: string, type: string, data: unknown, to: unknown = null) => ({ id, run: 'run_1', node, type, to, data });

let asked: Record<string, unknown>[];
const enc = new TextEncoder();

/** A stream that the test goes on with. */
function streaming() {
  let out!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (out = controller) });
  return {
    answer: () => new HttpResponse(body, { headers: { 'content-type': 'text/event-stream' } }),
    tell: (name: string, data: unknown) => out.enqueue(enc.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)),
    end: () => out.close(),
  };
}

beforeEach(() => {
  asked = [];
  server.use(http.post('*/v1/render', () => HttpResponse.json({ fields: [] })));
});

function open(role: Role = 'editor') {
  const queries = new QueryClient();
  queries.setQueryData(['session'], { kind: 'member', name: 'Ada', role, org: 'default' });
  const acts = { onVisited: vi.fn(), onOpenNode: vi.fn(), saved: vi.fn(async () => {}) };
  render(
    <QueryClientProvider client={queries}>
      <TooltipProvider>
        <FlowContext.Provider value={flowValue({ samples: { event: { name: 'call.connected' }, contact: {}, vars: {} }, saved: acts.saved })}>
          <TryPanel onVisited={acts.onVisited} onOpenNode={acts.onOpenNode} />
        </FlowContext.Provider>
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return acts;
}

function answering(answer: (body: Record<string, unknown>) => Response) {
  server.use(
    http.post('*/v1/flows/f/draft/try', async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      asked.push(body);
      return answer(body) as never;
    }),
  );
}

test('messages, screen pops and steps are shown as they happen, and how it ended', async () => {
  const user = userEvent.setup();
  const stream = streaming();
  answering(() => stream.answer());
  const acts = open();
  await user.click(screen.getByRole('button', { name: 'Send the event' }));
  await waitFor(() => expect(asked).toEqual([{ event: { name: 'call.connected' }, vars: {}, skipWaits: true }]));
  expect(acts.saved).toHaveBeenCalled();
  stream.tell('effect', effect('e1', 'say', 'message', { text: 'Hello <b>Ada</b>' }, 'ct_1'));
  stream.tell('step', step('say', 'message', { name: 'Say hello' }));
  expect(await screen.findByText('Hello <b>Ada</b>')).toBeVisible();
  expect(screen.getByText('Nothing yet.')).toBeVisible();
  expect(acts.onVisited).toHaveBeenLastCalledWith(['say']);
  const pop = effect('e2', 'pop', 'screenPop', { title: 'Ada Lovelace', url: 'javascript:alert(1)', fields: [] }, 'agent-7');
  stream.tell('record', {
    id: 'run_1',
    flow: 'f',
    version: 0,
    status: 'completed',
    vars: { name: 'Ada' },
    result: { ok: true },
    effects: [effect('e1', 'say', 'message', { text: 'Hello <b>Ada</b>' }, 'ct_1'), pop],
    steps: [step('say', 'message', { name: 'Say hello' }), step('pop', 'screenPop', { name: 'Show it' })],
  });
  stream.end();
  const card = await screen.findByRole('article', { name: 'Screen pop to agent-7' });
  expect(within(card).getByText('Ada Lovelace')).toBeVisible();
  expect(within(card).queryByRole('link')).toBeNull();
  expect(screen.getByText('completed')).toBeVisible();
  expect(acts.onVisited).toHaveBeenLastCalledWith(['say', 'pop']);
  await user.click(screen.getByRole('button', { name: 'Show Show it on the canvas' }));
  expect(acts.onOpenNode).toHaveBeenCalledWith('pop');
  await user.click(within(screen.getByRole('list', { name: 'Steps' })).getByRole('button', { name: /^Say hello/ }));
  expect(screen.getByRole('heading', { name: 'Say hello' })).toBeVisible();
});

test('what may change something is asked about, with the nodes that send it', async () => {
  const user = userEvent.setup();
  answering((body) => {
    if (!body.confirm) return HttpResponse.json({ type: '', title: 'Say that it is meant', status: 409, code: 'confirm-needed', detail: 'this sends for real what may change something: `push` (POST)' }, { status: 409 });
    const record = { id: 'run_1', flow: 'f', status: 'completed', steps: [], effects: [] };
    return new HttpResponse(`event: record\ndata: ${JSON.stringify(record)}\n\n`, { headers: { 'content-type': 'text/event-stream' } });
  });
  open();
  await user.click(screen.getByRole('button', { name: 'Send the event' }));
  const dialog = await screen.findByRole('alertdialog', { name: 'Send this for real?' });
  expect(dialog).toHaveTextContent('push (POST)');
  await user.click(within(dialog).getByRole('button', { name: 'Send it' }));
  expect(await screen.findByText('completed')).toBeVisible();
  expect(asked.map((body) => body.confirm)).toEqual([undefined, true]);
});

test('a draft with errors lists them, and each leads to its node', async () => {
  const user = userEvent.setup();
  answering(() =>
    HttpResponse.json({ type: '', title: 'The flow has errors', status: 422, code: 'flow-has-errors', detail: 'it has 1 error', problems: [{ code: 'x', severity: 'error', at: 'nodes.call.url', message: 'a call needs a URL' }] }, { status: 422 }),
  );
  const acts = open();
  await user.click(screen.getByRole('button', { name: 'Send the event' }));
  expect(await screen.findByText('A call needs a URL.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'nodes.call.url' }));
  expect(acts.onOpenNode).toHaveBeenCalledWith('call');
});

test('a stream that ends without its record is said to be cut off', async () => {
  const user = userEvent.setup();
  answering(() => new HttpResponse(`event: step\ndata: ${JSON.stringify(step('say', 'message'))}\n\n`, { headers: { 'content-type': 'text/event-stream' } }));
  open();
  await user.click(screen.getByRole('button', { name: 'Send the event' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('cut off before its end');
  expect(within(screen.getByRole('list', { name: 'Steps' })).getByRole('button', { name: /^say/ })).toBeVisible();
});

test('a trial can be stopped, and keeps what was told until then', async () => {
  const user = userEvent.setup();
  const stream = streaming();
  answering(() => stream.answer());
  open();
  await user.click(screen.getByRole('button', { name: 'Send the event' }));
  await waitFor(() => expect(asked).toHaveLength(1));
  stream.tell('step', step('say', 'message', { name: 'Say hello' }));
  await screen.findByText('Say hello');
  await user.click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('Stopped before its end.')).toBeVisible();
  expect(screen.getByText('Say hello')).toBeVisible();
});

test('who may not try a flow is told why', () => {
  open('operator');
  expect(screen.getByRole('button', { name: 'Send the event' })).toBeDisabled();
  expect(screen.getByText(/needs the role editor/)).toBeVisible();
});
