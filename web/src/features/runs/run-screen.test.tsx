import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';
import type { Role } from '@/shared/api/client';
import type { RunRecord, Step } from '@/flow/record/types';
import { watchStreams, type Streams } from '../../../tests/event-source';
import { renderScreen } from '../../../tests/screen';
import { server } from '../../../tests/server';
import { RunScreen } from './run-screen';

const lookup: Step = {
  node: 'lookup',
  type: 'apiCall',
  name: 'Find the caller',
  visit: 1,
  startedAt: '2026-01-01T10:00:00.000Z',
  durationMs: 1210,
  outcome: '200',
  status: 200,
  case: { index: 0, name: 'found', on: '2xx' },
  to: 'pop',
  attempts: [
    { number: 1, startedAt: '2026-01-01T10:00:00.000Z', durationMs: 100, outcome: '503', status: 503, sent: 'yes', timing: { totalMs: 100, connectMs: 40, headMs: 58, reused: false }, retryAt: '2026-01-01T10:00:01.100Z' },
    { number: 2, startedAt: '2026-01-01T10:00:01.100Z', durationMs: 110, outcome: '200', status: 200, sent: 'yes', timing: { totalMs: 110, headMs: 108, reused: true } },
  ],
  request: { method: 'GET', url: 'https://crm.example/contacts?phone=1', headers: { Accept: 'application/json' }, body: null },
  response: { status: 200, headers: { 'content-type': 'application/json' }, body: { name: '<b>Ada</b>' }, bytes: 20 },
  set: { name: 'Ada' },
  problems: [{ code: 'missing-became-null', message: 'it is not there' }],
};

const pop: Step = { ...lookup, node: 'pop', type: 'screenPop', name: 'Show the record', outcome: null, status: null, case: 'next', to: null, attempts: [], request: null, response: null, set: {}, problems: [] };

let record: RunRecord;
let streams: Streams;

beforeEach(() => {
  streams = watchStreams();
  record = {
    id: 'run_1',
    flow: 'caller-lookup',
    version: 3,
    status: 'waiting',
    startedAt: '2026-01-01T10:00:00Z',
    endedAt: null,
    waitingUntil: '2030-01-01T10:00:00Z',
    waitingAt: 'pop',
    event: { name: 'call.connected', from: '1' },
    contact: { id: 'ct_1', name: 'Ada' },
    vars: { name: 'Ada' },
    result: null,
    error: null,
    effects: [],
    steps: [lookup],
  };
  server.use(
    http.get('*/v1/runs/run_1', () => HttpResponse.json(record as never)),
    http.get('*/v1/flows/caller-lookup/versions/3', () =>
      HttpResponse.json({ kind: 'flow', slug: 'caller-lookup', trigger: { type: 'api' }, start: 'lookup', nodes: { lookup: { type: 'apiCall', name: 'Find the caller', cases: [{ name: 'found', on: '2xx', to: 'pop' }] }, pop: { type: 'screenPop', name: 'Show the record' } } }),
    ),
  );
});

const open = (at = '/runs/run_1', role: Role = 'operator') => renderScreen(RunScreen, { path: '/runs/$id', at, role });

test('a step shows its attempts, its answer as text, its request and what it set', async () => {
  const user = userEvent.setup();
  const { router } = open();
  await user.click(await screen.findByRole('button', { name: /Find the caller/ }));
  expect(router.state.location.search).toEqual({ step: '1' });
  const attempts = screen.getByRole('list', { name: 'Attempts' });
  expect(within(attempts).getByText('Attempt 1')).toBeVisible();
  expect(within(attempts).getByText('tried again after 1.00 s')).toBeVisible();
  expect(screen.getByText('"<b>Ada</b>"')).toBeVisible();
  expect(screen.getByText(/it is not there/)).toBeVisible();
  await user.click(screen.getByRole('tab', { name: 'Request' }));
  expect(screen.getByText('https://crm.example/contacts?phone=1')).toBeVisible();
  await user.click(screen.getByRole('tab', { name: 'Variables' }));
  expect(within(screen.getByRole('list', { name: 'Changed variables' })).getByText('name')).toBeVisible();
});

test('what happens is shown as it happens, and the record is read again when it ends', async () => {
  open();
  await screen.findByRole('button', { name: /Find the caller/ });
  const stream = streams.of('/v1/runs/run_1/stream')!;
  stream.open();
  expect(screen.getByText('Live')).toBeVisible();
  stream.tell('step', pop);
  expect(await screen.findByRole('button', { name: /Show the record/ })).toBeVisible();
  record = { ...record, status: 'completed', endedAt: '2026-01-01T10:00:02Z', waitingUntil: null, waitingAt: null, steps: [lookup, pop] };
  stream.tell('status', { id: 'run_1', status: 'completed' });
  await waitFor(() => expect(screen.queryByText('Live')).toBeNull());
  expect(stream.closed).toBe(true);
  expect(screen.queryByRole('button', { name: 'Cancel the run' })).toBeNull();
});

test('cancelling asks first, and shows the run as it then stands', async () => {
  const user = userEvent.setup();
  server.use(
    http.post('*/v1/runs/run_1/cancel', () => {
      record = { ...record, status: 'cancelled', endedAt: '2026-01-01T10:00:02Z', waitingUntil: null };
      return HttpResponse.json(record as never);
    }),
  );
  open();
  await user.click(await screen.findByRole('button', { name: 'Cancel the run' }));
  const dialog = screen.getByRole('alertdialog', { name: 'Cancel this run?' });
  await user.click(within(dialog).getByRole('button', { name: 'Cancel the run' }));
  expect(await screen.findByText('The run is cancelled.')).toBeVisible();
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Cancel the run' })).toBeNull());
});

test('running again leads to the new run', async () => {
  const user = userEvent.setup();
  server.use(http.post('*/v1/runs/run_1/rerun', () => HttpResponse.json({ id: 'run_2', flow: 'caller-lookup' }, { status: 202 })));
  const { router } = open();
  await user.click(await screen.findByRole('button', { name: 'Run again' }));
  server.use(http.get('*/v1/runs/run_2', () => HttpResponse.json({ ...record, id: 'run_2' } as never)));
  await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Run again' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/runs/run_2'));
});

test('a viewer reads, is told why bodies are masked, and is offered nothing that would be refused', async () => {
  record = { ...record, steps: [{ ...lookup, response: { ...lookup.response!, body: '***' } }] };
  open('/runs/run_1?step=1', 'viewer');
  expect(await screen.findByText(/bodies are shown from the role operator up/)).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Run again' })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Cancel the run' })).toBeNull();
});

test('the fault that ended a run stands first, with its page', async () => {
  record = { ...record, status: 'failed', waitingUntil: null, error: { code: 'steps-max', message: 'it took 10000 steps', node: 'lookup' } };
  const user = userEvent.setup();
  const { router } = open();
  expect(await screen.findByRole('alert')).toHaveTextContent('It took 10000 steps');
  expect(screen.getByRole('link', { name: 'steps-max' })).toHaveAttribute('href', '/docs/problems/steps-max');
  await user.click(screen.getByRole('button', { name: 'Show lookup' }));
  expect(router.state.location.search).toEqual({ step: '1' });
});

test('a run that is not there is said so', async () => {
  server.use(http.get('*/v1/runs/run_9', () => HttpResponse.json({ type: '', title: 'There is no such thing', status: 404, code: 'not-found', detail: 'there is no run `run_9`' }, { status: 404 })));
  open('/runs/run_9');
  expect(await screen.findByRole('alert')).toHaveTextContent('There is no run run_9.');
});
