import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';
import { problem, renderAt } from '../../../tests/at';
import { server } from '../../../tests/server';
import { FlowsScreen } from './flows-screen';

/** What the server was told to keep, by its path. */
let written: Record<string, unknown> = {};

beforeEach(() => {
  written = {};
  server.use(
    http.get('*/v1/flows', () => HttpResponse.json({ items: [], next: null })),
    http.put('*/v1/:kind/:slug/draft', async ({ request, params }) => {
      expect(request.headers.get('if-none-match')).toBe('*');
      if (params.slug === 'taken') return problem(412, 'revision-differs', 'it is there already');
      const text = await request.text();
      written[`${String(params.kind)}/${String(params.slug)}`] = request.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text;
      return HttpResponse.json({}, { status: 201 });
    }),
  );
});

const begin = async (choice: RegExp) => userEvent.click(await screen.findByRole('button', { name: choice }));
const create = () => userEvent.click(screen.getByRole('button', { name: 'Create flow' }));

test('from blank: the slug follows the name until it is written, and a taken one is told at its field', async () => {
  const { router } = renderAt(FlowsScreen, '/flows', 'editor');
  await begin(/Start from blank/);
  await userEvent.type(screen.getByLabelText(/^Name/), 'Täglich: Caller');
  expect(screen.getByLabelText(/^Slug/)).toHaveValue('ta-glich-caller');
  await userEvent.clear(screen.getByLabelText(/^Slug/));
  await userEvent.type(screen.getByLabelText(/^Slug/), 'taken');
  await create();
  expect(await screen.findByText('There is a flow with this slug already. Take another.')).toBeVisible();
  await userEvent.clear(screen.getByLabelText(/^Slug/));
  await userEvent.type(screen.getByLabelText(/^Slug/), 'daily');
  await create();
  await waitFor(() => expect(router.history.location.pathname).toBe('/flows/daily'));
  expect(written['flows/daily']).toMatchObject({ slug: 'daily', trigger: { type: 'event', event: 'call.connected' } });
});

test('from cURL: the command is read as it is pasted, with its notes', async () => {
  server.use(
    http.post('*/v1/imports/curl', async ({ request }) => {
      const { command } = (await request.json()) as { command: string };
      if (!command.startsWith('curl')) return problem(422, 'import-refused', 'this is no curl command');
      return HttpResponse.json({ node: { type: 'apiCall', mode: 'http', method: 'POST', url: 'https://api.example.com/items' }, notes: ['a credential is in the command'] });
    }),
  );
  const { router } = renderAt(FlowsScreen, '/flows', 'editor');
  await begin(/Paste a cURL command/);
  await userEvent.type(screen.getByLabelText(/^cURL command/), 'wget x');
  expect(await screen.findByText('This is no curl command.')).toBeVisible();
  await userEvent.clear(screen.getByLabelText(/^cURL command/));
  await userEvent.type(screen.getByLabelText(/^cURL command/), 'curl https://api.example.com/items');
  expect(await screen.findByText('POST api.example.com/items')).toBeVisible();
  expect(screen.getByText('a credential is in the command')).toBeVisible();
  await userEvent.type(screen.getByLabelText(/^Name/), 'Items');
  await create();
  await waitFor(() => expect(router.history.location.href).toBe('/flows/items?node=call'));
});

test('from a file: the document goes as it is, under the slug that it says', async () => {
  const { router } = renderAt(FlowsScreen, '/flows', 'editor');
  await begin(/Bring a document/);
  const text = 'kind: flow\nslug: from-git # kept\n';
  await userEvent.upload(screen.getByLabelText('File with a flow'), new File([text], 'flow.yaml'));
  expect(await screen.findByText('Becomes the flow “from-git”.')).toBeVisible();
  await create();
  await waitFor(() => expect(router.history.location.pathname).toBe('/flows/from-git'));
  expect(written['flows/from-git']).toBe(text);
});

const example = {
  slug: 'queue',
  name: 'Queue length',
  description: 'Counts who waits.',
  events: [],
  flow: { kind: 'flow', slug: 'queue', name: 'Queue length', trigger: { type: 'api' }, start: 'count', nodes: {} },
  integrations: [{ kind: 'integration', slug: 'desk', name: 'Help desk', secretSchema: { type: 'object', properties: { api_token: { type: 'string' } } } }],
  connections: [{ id: 'desk-main', name: 'Desk', integrationSlug: 'desk', config: { email: 'a@b.example' } }],
};

test('from an example: what it lacks is made with it, the connection with the secrets that an admin fills in', async () => {
  const made: unknown[] = [];
  server.use(
    http.get('*/v1/examples', () => HttpResponse.json({ items: [example] })),
    http.get('*/v1/integrations/desk', () => problem(404, 'not-found', 'none')),
    http.get('*/v1/connections/desk-main', () => problem(404, 'not-found', 'none')),
    http.post('*/v1/integrations/desk/publish', () => HttpResponse.json({})),
    http.post('*/v1/connections', async ({ request }) => {
      made.push(await request.json());
      return HttpResponse.json({}, { status: 201 });
    }),
  );
  const { router } = renderAt(FlowsScreen, '/flows', 'admin');
  await begin(/Start with an example/);
  expect(await screen.findByText('The integration is made and published with it.')).toBeVisible();
  await userEvent.click(await screen.findByLabelText('Make it now'));
  await userEvent.type(screen.getByLabelText(/^api_token/), 's3cret');
  await create();
  await waitFor(() => expect(router.history.location.href).toBe('/flows/queue?node=count'));
  expect(written).toEqual({ 'integrations/desk': example.integrations[0], 'flows/queue': example.flow });
  expect(made).toEqual([{ ...example.connections[0], secrets: { api_token: 's3cret' } }]);
});

test('an editor is told that an admin makes the connection', async () => {
  server.use(
    http.get('*/v1/examples', () => HttpResponse.json({ items: [example] })),
    http.get('*/v1/integrations/desk', () => HttpResponse.json({})),
    http.get('*/v1/connections/desk-main', () => problem(404, 'not-found', 'none')),
  );
  renderAt(FlowsScreen, '/flows', 'editor');
  await begin(/Start with an example/);
  expect(await screen.findByText(/An admin makes it under Connections/)).toBeVisible();
  expect(screen.getByText('It is there already, and is left as it is.')).toBeVisible();
});
