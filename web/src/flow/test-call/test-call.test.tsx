import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { inFlow } from '../../../tests/flow';
import { server } from '../../../tests/server';
import type { SampleScope } from '../context';
import type { NodeDoc } from '../document/types';
import { sampleAt, textsOf, withSample } from './reads';
import { TestCall } from './index';

vi.mock('@/shared/api/session', () => ({ useMay: () => true }));

const request = { method: 'GET', url: 'https://api.example/contacts?phone=%2B44', headers: { Accept: 'application/json', Authorization: 'Bearer ***' }, body: null };
const answer = {
  outcome: '200',
  status: 200,
  case: { index: 0, name: null, on: '2xx' },
  to: 'end',
  set: { httpStatus: 200, customer: 'Ada' },
  request,
  response: { status: 200, headers: { 'content-type': 'application/json', 'x-request-id': 'r-1' }, body: { contacts: [{ id: 'c-1', name: '<script>alert(1)</script>' }] }, bytes: 58 },
  attempts: [
    { number: 1, startedAt: '2026-11-21T18:00:00Z', durationMs: 2, outcome: '503', status: 503, timing: { totalMs: 2.5, slotMs: 0.1, headMs: 2.4, reused: false }, retryAt: '2026-11-21T18:00:01Z' },
    { number: 2, startedAt: '2026-11-21T18:00:01Z', durationMs: 4, outcome: '200', status: 200, timing: { totalMs: 4, slotMs: 0.1, lookUpMs: 0.4, connectMs: 0.5, tlsMs: 1, headMs: 1.5, bodyMs: 0.5, reused: false } },
  ],
  problems: [{ code: 'conversion-failed', message: '`total` was left unset' }],
  raw: '{"contacts":[]}',
};
const node: NodeDoc = { type: 'apiCall', mode: 'http', url: 'https://api.example/contacts', query: [{ name: 'phone', value: '{{ event.from }}' }, { name: 'off', value: '{{ vars.off }}', enabled: false }], outputs: [{ var: 'contact_id', path: '$.id' }], cases: [{ on: '2xx', to: 'pop', when: '' }, { on: 404, to: '' }] };

beforeEach(() => {
  server.use(
    http.post('*/v1/render', async ({ request: asked }) => {
      const { fields } = (await asked.json()) as { fields: { key: string; text: string }[] };
      return HttpResponse.json({ fields: fields.map(({ key, text }) => ({ key, value: text, missing: [], reads: [...text.matchAll(/\{\{ ([\w.]+)/g)].map((match) => match[1]) })) });
    }),
  );
});

const user = userEvent.setup({ delay: null });

function open(first: NodeDoc = node, slug = 'f') {
  const told: { node?: NodeDoc; writes: number } = { writes: 0 };
  function Held() {
    const [held, setHeld] = useState(first);
    const [samples, setSamples] = useState<SampleScope>({ event: { from: '+44' }, contact: {}, vars: {} });
    const doc = { kind: 'flow' as const, slug, trigger: { type: 'api' }, start: 'call', nodes: { call: held, pop: { type: 'screenPop', name: 'Show the record' } } };
    const onChange = (next: NodeDoc) => {
      told.node = next;
      told.writes++;
      setHeld(next);
    };
    return inFlow(<TestCall id="call" node={held} onChange={onChange} readOnly={false} />, { slug, doc, samples, setSamples });
  }
  render(<Held />);
  return told;
}

test('asks for what the request reads, and sends the node as it stands with those values', async () => {
  let sent: unknown;
  server.use(
    http.post('*/v1/calls/test', async ({ request: asked }) => {
      sent = await asked.json();
      return HttpResponse.json(answer);
    }),
  );
  open();
  const value = await screen.findByRole('textbox', { name: 'Test value of event.from' });
  expect(screen.queryByRole('textbox', { name: 'Test value of vars.off' })).toBeNull();
  await user.clear(value);
  await user.type(value, '12');
  await user.click(screen.getByRole('button', { name: 'Send' }));
  expect(await screen.findByText('Show the record')).toBeVisible();
  // What is not filled in yet is left out: neither a target nor a condition is needed to test.
  expect(sent).toEqual({
    node: { ...node, cases: [{ on: '2xx', to: 'pop' }, { on: 404 }] },
    scope: { event: { from: 12 }, contact: {}, vars: {} },
    confirm: false,
  });
  expect(screen.getByText('`total` was left unset')).toBeVisible();
  await user.click(screen.getByRole('tab', { name: 'Timing (2 attempts)' }));
  const attempts = screen.getByRole('list', { name: 'Attempts' });
  expect(within(attempts).getAllByRole('term').map((term) => term.textContent)).toEqual(['Slot', 'Wait', 'Slot', 'Look-up', 'Connect', 'TLS', 'Wait', 'Body']);
});

test('a value of the answer becomes a variable, named from its path, in one step', async () => {
  server.use(http.post('*/v1/calls/test', () => HttpResponse.json(answer)));
  const told = open(node, 'g');
  await user.click(screen.getByRole('button', { name: 'Send' }));
  await user.click(await screen.findByRole('button', { name: /^"id"/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Save as a variable' });
  expect(within(dialog).getByRole('textbox', { name: 'Name' })).toHaveValue('contact_id_2');
  expect(within(dialog).getByRole('textbox', { name: 'Path (JSONPath)' })).toHaveValue('$.contacts[0].id');
  await user.click(within(dialog).getByRole('button', { name: /^Take it of every item/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Save variable' }));
  expect(told.node?.outputs).toEqual([{ var: 'contact_id', path: '$.id' }, { var: 'contact_id_2', path: '$.contacts[*].id' }]);
  expect(told.writes).toBe(1);
  await user.click(screen.getByRole('button', { name: 'r-1' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Save variable' }));
  expect((told.node?.outputs as unknown[]).at(-1)).toEqual({ var: 'x_request_id', from: 'headers', path: 'x-request-id' });
});

test('what may change something is shown and asked for before it is sent', async () => {
  const confirms: boolean[] = [];
  server.use(
    http.post('*/v1/calls/test', async ({ request: asked }) => {
      const { confirm } = (await asked.json()) as { confirm: boolean };
      confirms.push(confirm);
      if (confirm) return HttpResponse.json(answer);
      return HttpResponse.json({ type: 'x', title: 'A test that may change something', status: 409, code: 'confirm-needed', detail: 'this sends a POST' }, { status: 409 });
    }),
    http.post('*/v1/calls/preview', () =>
      HttpResponse.json({ kind: 'call', request: { ...request, method: 'POST', body: '{"a":1}' }, invalid: [], problems: [], verdict: { allow: true, reason: 'allowed', host: 'api.example', message: '' }, retry: null, fed: [] }),
    ),
  );
  open({ ...node, method: 'POST' }, 'h');
  await user.click(screen.getByRole('button', { name: 'Send' }));
  const dialog = await screen.findByRole('alertdialog', { name: 'Send this POST for real?' });
  expect(dialog).toHaveTextContent('It may change something at api.example.');
  expect(dialog).toHaveTextContent('https://api.example/contacts?phone=%2B44');
  await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  expect(confirms).toEqual([false]);
  await user.click(screen.getByRole('button', { name: 'Send' }));
  await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Send POST' }));
  await screen.findByText('Show the record');
  expect(confirms).toEqual([false, false, true]);
});

test('a call that takes too long is stopped, and another may be sent', async () => {
  let asked = 0;
  server.use(
    http.post('*/v1/calls/test', async ({ request: seen }) => {
      asked++;
      if (asked > 1) return HttpResponse.json(answer);
      await new Promise((resolve) => seen.signal.addEventListener('abort', resolve));
      return HttpResponse.error();
    }),
  );
  open(node, 'l');
  await user.click(screen.getByRole('button', { name: 'Send' }));
  await user.click(await screen.findByRole('button', { name: 'Stop' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull());
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Send' }));
  expect(await screen.findByText('Show the record')).toBeVisible();
});

test('a preview says what would be sent, what fed it, and what the guard makes of it', async () => {
  server.use(
    http.post('*/v1/calls/preview', () =>
      HttpResponse.json({
        kind: 'call',
        request,
        invalid: [],
        problems: [],
        verdict: { allow: false, reason: 'blocked_address', host: 'api.example', message: 'The address is not public.' },
        retry: { maxAttempts: 3, withinMs: 60000, timeoutMs: 5000, on: ['429'], rule: 'sent again on 429' },
        fed: [{ at: 'nodes.call.query[0].value', reads: ['event.from'] }],
      }),
    ),
  );
  open(node, 'i');
  await user.click(screen.getByRole('button', { name: 'Preview' }));
  expect(await screen.findByText('The guard refuses it (blocked_address). The address is not public.')).toBeVisible();
  expect(screen.getByText(/Up to 3 attempts within 1 min/)).toBeVisible();
  expect(within(screen.getByRole('list', { name: 'What fed what' })).getByRole('listitem')).toHaveTextContent('event.fromquery[0].value');
});

test('all that is wrong with the node is told, with its fields', async () => {
  server.use(
    http.post('*/v1/calls/test', () =>
      HttpResponse.json(
        {
          type: 'x', title: 'The body does not fit', status: 422, code: 'body-invalid', detail: 'unknown key, and 1 more',
          problems: [{ code: 'a', severity: 'error', at: 'node.url', message: 'the expression ends too early' }, { code: 'b', severity: 'error', at: 'node.headers[0].name', message: 'is refused' }],
        },
        { status: 422 },
      ),
    ),
  );
  open(node, 'j');
  await user.click(screen.getByRole('button', { name: 'Send' }));
  const alert = await screen.findByRole('alert');
  expect(within(alert).getAllByRole('listitem').map((item) => item.textContent)).toEqual(['url the expression ends too early', 'headers[0].name is refused']);
});

test('hostile answers are shown as text, a long one by its beginning', async () => {
  server.use(
    http.post('*/v1/calls/test', () =>
      HttpResponse.json({ ...answer, response: { status: 200, headers: { 'x-note': '<img src=x>' }, body: 'cut', bytes: 5_000_000, bodyCut: true }, raw: '<b>\u001b[31mred\u202eevil</b>', attempts: [], problems: [] }),
    ),
  );
  open(node, 'k');
  await user.click(screen.getByRole('button', { name: 'Send' }));
  expect(await screen.findByText('<b>\\u001b[31mred\\u202eevil</b>')).toBeVisible();
  expect(screen.getByText(/This is the beginning of 4.8 MiB/)).toBeVisible();
  expect(screen.queryByRole('tab', { name: 'Tree' })).toBeNull();
  await waitFor(() => expect(document.querySelector('img')).toBeNull());
});

test('test values are put and taken by their paths', () => {
  const samples: SampleScope = { event: { from: '+44' }, contact: {}, vars: { list: [{ id: 1 }] } };
  expect(sampleAt(samples, 'vars.list[0].id')).toBe(1);
  expect(withSample(samples, 'vars.list[0].id', 2).vars).toEqual({ list: [{ id: 2 }] });
  expect(withSample(samples, 'event["odd key"].deep', true).event).toEqual({ from: '+44', 'odd key': { deep: true } });
  expect(withSample(samples, 'event.from', undefined).event).toEqual({});
  expect(samples.event).toEqual({ from: '+44' });
  expect(textsOf({ type: 'apiCall', url: 'https://x/{{ vars.a }}', inputs: { deep: ['{{ vars.b }}', 'plain'] }, cases: [{ when: '{{ no }}' }] })).toEqual(['https://x/{{ vars.a }}', '{{ vars.b }}']);
});
