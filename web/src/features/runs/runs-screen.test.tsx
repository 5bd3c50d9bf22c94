import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';
import { watchStreams, type Streams } from '../../../tests/event-source';
import { renderScreen } from '../../../tests/screen';
import { server } from '../../../tests/server';
import type { RunLine } from './api';
import { toQuery } from './filters';
import { RunsScreen } from './runs-screen';

const line = (id: string, more: Partial<RunLine> = {}): RunLine => ({ id, flow: 'caller-lookup', version: 2, status: 'completed', startedAt: '2026-01-01T10:00:00Z', endedAt: '2026-01-01T10:00:01Z', ...more });

let asked: URLSearchParams[];
let pages: Record<string, { items: RunLine[]; next?: string }>;
let streams: Streams;

beforeEach(() => {
  asked = [];
  pages = { '': { items: [] } };
  streams = watchStreams();
  server.use(
    http.get('*/v1/flows', () => HttpResponse.json({ items: [{ slug: 'caller-lookup', name: 'Caller lookup' }] })),
    http.get('*/v1/runs', ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query);
      return HttpResponse.json(pages[query.get('cursor') ?? ''] ?? { items: [] });
    }),
  );
});

const open = (at = '/runs') => renderScreen(RunsScreen, { path: '/runs', at });
const flows = () => screen.getAllByRole('row').slice(1).map((row) => within(row).getByRole('link').textContent);

test('the filters of the address are asked for, and a change of one is put there', async () => {
  const user = userEvent.setup();
  const { router } = open('/runs?flow=caller-lookup&outcome=404');
  expect(await screen.findByText('No run fits these filters')).toBeVisible();
  expect(asked[0]!.get('flow')).toBe('caller-lookup');
  expect(asked[0]!.get('outcome')).toBe('404');
  await user.selectOptions(screen.getByLabelText('Status'), 'failed');
  await user.type(screen.getByLabelText('Search'), 'ada');
  await waitFor(() => expect(router.state.location.search).toEqual({ flow: 'caller-lookup', outcome: '404', status: 'failed', search: 'ada' }));
  await waitFor(() => expect(asked.at(-1)!.get('search')).toBe('ada'));
  await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  expect(screen.getByLabelText('Search')).toHaveValue('');
});

test('more runs are loaded below those that are there', async () => {
  const user = userEvent.setup();
  pages = { '': { items: [line('run_2')], next: 'c1' }, c1: { items: [line('run_1', { flow: 'older' })] } };
  open();
  await user.click(await screen.findByRole('button', { name: 'Load more' }));
  await waitFor(() => expect(flows()).toEqual(['caller-lookup v2', 'older v2']));
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
});

test('a page that found nothing yet offers to search further back', async () => {
  const user = userEvent.setup();
  pages = { '': { items: [], next: 'c1' }, c1: { items: [line('run_1')] } };
  open('/runs?search=ada');
  await user.click(await screen.findByRole('button', { name: 'Search further back' }));
  await waitFor(() => expect(flows()).toHaveLength(1));
});

test('new runs come on top and known ones change in place, until it is paused', async () => {
  const user = userEvent.setup();
  pages = { '': { items: [line('run_1', { status: 'running', endedAt: null })] } };
  open();
  await screen.findByRole('table', { name: 'Runs' });
  const stream = streams.of('/v1/runs/stream')!;
  stream.open();
  expect(screen.getByText('Live')).toBeVisible();
  stream.tell('run', line('run_2', { flow: 'newer', startedAt: '2026-01-01T11:00:00Z' }));
  stream.tell('run', line('run_1', { status: 'failed', error: 'steps-max' }));
  await waitFor(() => expect(flows()).toEqual(['newer v2', 'caller-lookup v2']));
  expect(screen.getByText('steps-max')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Pause' }));
  expect(stream.closed).toBe(true);
  expect(screen.getByText('Paused')).toBeVisible();
});

test('a run that no longer stands as is asked for goes', async () => {
  pages = { '': { items: [line('run_1', { status: 'running' })] } };
  open('/runs?status=running');
  await screen.findByRole('table', { name: 'Runs' });
  const stream = streams.of('/v1/runs/stream?status=running')!;
  stream.tell('run', line('run_3', { status: 'running', flow: 'new' }));
  await waitFor(() => expect(flows()).toEqual(['new v2', 'caller-lookup v2']));
  stream.tell('gone', { id: 'run_1' });
  await waitFor(() => expect(flows()).toEqual(['new v2']));
});

test('what came before the stream stood is read once it does', async () => {
  pages = { '': { items: [line('run_1')] } };
  open();
  await screen.findByRole('table', { name: 'Runs' });
  pages = { '': { items: [line('run_2', { flow: 'newer', startedAt: '2026-01-01T11:00:00Z' }), line('run_1')] } };
  streams.of('/v1/runs/stream')!.open();
  await waitFor(() => expect(flows()).toEqual(['newer v2', 'caller-lookup v2']));
});

test('where the stream is lost it says so, and asks in its place', async () => {
  pages = { '': { items: [line('run_1')] } };
  open();
  await screen.findByRole('table', { name: 'Runs' });
  streams.of('/v1/runs/stream')!.lose();
  expect(screen.getByText('Every 5 s')).toBeVisible();
});

test('without any run it says how to send an event', async () => {
  open();
  expect(await screen.findByText('No runs yet')).toBeVisible();
  expect(screen.getByRole('region', { name: 'the command' })).toHaveTextContent(/curl -X POST .*\/v1\/events/);
});

test('what the server refuses is told in its words, with a way to try again', async () => {
  const user = userEvent.setup();
  server.use(http.get('*/v1/runs', () => HttpResponse.json({ type: '', title: 'There is no such thing', status: 404, code: 'not-found', detail: 'there is no flow `nope`' }, { status: 404 }), { once: true }));
  open('/runs?flow=nope');
  expect(await screen.findByRole('alert')).toHaveTextContent('There is no flow nope.');
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('No run fits these filters')).toBeVisible();
});

test('a span of time is counted back from now, and one of its own is as it was chosen', () => {
  const now = Date.parse('2026-01-02T10:00:00Z');
  expect(toQuery({ time: 'hour', search: '' }, now)).toEqual({ from: '2026-01-02T09:00:00.000Z' });
  const chosen = toQuery({ from: '2026-01-01T08:30', to: 'nonsense' }, now);
  expect(chosen).toEqual({ from: new Date('2026-01-01T08:30').toISOString() });
});
