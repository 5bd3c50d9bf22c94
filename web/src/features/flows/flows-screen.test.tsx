import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';
import { problem, renderAt } from '../../../tests/at';
import { server } from '../../../tests/server';
import { FlowsScreen } from './flows-screen';

const flow = (slug: string, more: Record<string, unknown> = {}) => ({
  number: 1,
  slug,
  name: slug,
  revision: 1,
  createdAt: '2026-01-01T00:00:00Z',
  draftAt: '2026-01-01T00:00:00Z',
  version: null,
  changed: true,
  trigger: { type: 'event', event: 'call.connected' },
  lastRun: null,
  day: { completed: 0, failed: 0 },
  ...more,
});

/** The flows of this server; the list is as they are when it is asked for. */
let flows: ReturnType<typeof flow>[] = [];
const list = http.get('*/v1/flows', ({ request }) => {
  const search = new URL(request.url).searchParams.get('search') ?? '';
  return HttpResponse.json({ items: flows.filter((each) => each.slug.includes(search)), next: null });
});

beforeEach(() => {
  flows = [
    flow('caller', { name: 'Caller lookup', version: 2, changed: false, lastRun: { id: 'run_1', status: 'failed', startedAt: '2026-01-01T00:00:00Z' }, day: { completed: 12, failed: 3 } }),
    flow('other', { version: 1 }),
    flow('fresh', { trigger: { type: 'api' } }),
  ];
  server.use(list);
});

const rowOf = async (name: string) => (await screen.findByRole('link', { name })).closest('tr')!;

test('a row says how the flow stands and how it does', async () => {
  renderAt(FlowsScreen, '/flows');
  const caller = within(await rowOf('Caller lookup'));
  expect(caller.getAllByText('Published v2')[0]).toBeVisible();
  expect(caller.getByText('call.connected')).toBeVisible();
  expect(caller.getByRole('link', { name: /failed.*ago/ })).toHaveAttribute('href', '/runs/run_1');
  expect(caller.getByText('12')).toBeVisible();
  expect(caller.getByRole('link', { name: '3 failed: show them' })).toHaveAttribute('href', '/runs?flow=caller&status=failed');
  expect(within(await rowOf('other')).getAllByText('Draft changes')[0]).toBeVisible();
  expect(within(await rowOf('fresh')).getAllByText('Never published')[0]).toBeVisible();
});

test('typing searches, and the address follows', async () => {
  const { router } = renderAt(FlowsScreen, '/flows');
  await screen.findByRole('link', { name: 'Caller lookup' });
  await userEvent.type(screen.getByRole('searchbox', { name: 'Search flows' }), 'oth');
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Caller lookup' })).not.toBeInTheDocument());
  await waitFor(() => expect(router.history.location.href).toBe('/flows?q=oth'));
  await userEvent.type(screen.getByRole('searchbox'), 'zzz');
  expect(await screen.findByRole('heading', { name: 'No flow fits' })).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Show all flows' }));
  expect(await screen.findByRole('link', { name: 'Caller lookup' })).toBeVisible();
  await userEvent.type(screen.getByRole('searchbox'), 'oth');
  await waitFor(() => expect(router.history.location.href).toBe('/flows?q=oth'));
  // A link to all flows, as the page's own menu has one.
  await act(() => router.navigate({ to: '/flows' as never, search: {} as never }));
  await waitFor(() => expect(screen.getByRole('searchbox')).toHaveValue(''));
  expect(await screen.findByRole('link', { name: 'Caller lookup' })).toBeVisible();
});

test('a deleted flow is gone at once, and comes back with Undo', async () => {
  const [caller] = flows;
  server.use(
    http.delete('*/v1/flows/caller', () => {
      flows = flows.slice(1);
      return new HttpResponse(null, { status: 204 });
    }),
    http.post('*/v1/flows/caller/restore', () => {
      flows = [caller!, ...flows];
      return HttpResponse.json(caller);
    }),
  );
  renderAt(FlowsScreen, '/flows');
  await userEvent.click(await screen.findByRole('button', { name: 'More: Caller lookup' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }));
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Caller lookup' })).not.toBeInTheDocument());
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
  expect(await screen.findByRole('link', { name: 'Caller lookup' })).toBeVisible();
});

test('renaming writes the name over the revision that was read, and says when somebody was faster', async () => {
  let writes = 0;
  server.use(
    http.get('*/v1/flows/caller/draft', () => HttpResponse.json({ kind: 'flow', slug: 'caller', name: 'Caller lookup' }, { headers: { etag: '"4"' } })),
    http.put('*/v1/flows/caller/draft', async ({ request }) => {
      expect(request.headers.get('if-match')).toBe('"4"');
      expect(await request.json()).toEqual({ kind: 'flow', slug: 'caller', name: 'Who calls' });
      writes += 1;
      return writes === 1 ? problem(412, 'revision-differs', 'the draft has moved on') : HttpResponse.json({});
    }),
  );
  renderAt(FlowsScreen, '/flows');
  await userEvent.click(await screen.findByRole('button', { name: 'More: Caller lookup' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Rename…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Rename Caller lookup' }));
  await userEvent.clear(dialog.getByLabelText(/Name/));
  await userEvent.type(dialog.getByLabelText(/Name/), 'Who calls');
  await userEvent.click(dialog.getByRole('button', { name: 'Rename' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('The draft has moved on.');
  await userEvent.click(dialog.getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

test('a duplicate has another slug and no number', async () => {
  let written: unknown;
  server.use(
    http.get('*/v1/flows/caller/draft', () => HttpResponse.json({ kind: 'flow', slug: 'caller', name: 'Caller lookup', number: 1, start: 'a' })),
    http.put('*/v1/flows/caller-copy/draft', async ({ request }) => {
      expect(request.headers.get('if-none-match')).toBe('*');
      written = await request.json();
      return HttpResponse.json({}, { status: 201 });
    }),
  );
  renderAt(FlowsScreen, '/flows');
  await userEvent.click(await screen.findByRole('button', { name: 'More: Caller lookup' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Duplicate…' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Duplicate' }));
  await waitFor(() => expect(written).toEqual({ kind: 'flow', slug: 'caller-copy', name: 'Caller lookup (copy)', start: 'a' }));
});

test('an operator sees no way to make or change flows', async () => {
  renderAt(FlowsScreen, '/flows', 'operator');
  await userEvent.click(await screen.findByRole('button', { name: 'More: Caller lookup' }));
  expect((await screen.findAllByRole('menuitem')).map((item) => item.textContent)).toEqual(['Look at it', 'Show its runs', 'Copy document']);
  expect(screen.queryByRole('button', { name: 'New flow' })).not.toBeInTheDocument();
});

test('without flows an editor chooses what to begin with, a viewer is told who does', async () => {
  flows = [];
  renderAt(FlowsScreen, '/flows', 'viewer');
  expect(await screen.findByRole('heading', { name: 'No flows yet' })).toBeVisible();
});

test('a list that cannot be read says why, and is read again', async () => {
  let broken = true;
  server.use(http.get('*/v1/flows', () => (broken ? problem(422, 'broken', 'the list cannot be read') : HttpResponse.json({ items: flows, next: null }))));
  renderAt(FlowsScreen, '/flows');
  expect(await screen.findByText('The list cannot be read.')).toBeVisible();
  broken = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('link', { name: 'Caller lookup' })).toBeVisible();
});
