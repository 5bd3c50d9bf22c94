import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { server } from '../../../tests/server';
import { IntegrationDiff } from './integration-diff';

const diff = {
  from: '1',
  to: '2',
  breaking: true,
  changes: [
    { operation: 'findContact', what: 'input', name: 'limit', breaking: true, message: '`limit` must be given now' },
    { operation: 'addNote', what: 'operation', breaking: false, message: 'the operation is new' },
  ],
  flows: [{ slug: 'lookup', version: 3, calls: [{ node: 'find', operation: 'findContact', version: 1, changes: [{ operation: 'findContact', what: 'input', name: 'limit', breaking: true, message: '`limit` must be given now' }] }] }],
};

function show(operation?: string) {
  const root = createRootRoute({ component: () => <IntegrationDiff slug="crm" from="1" to="2" operation={operation} /> });
  const router = createRouter({ routeTree: root, history: createMemoryHistory() });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
}

test('tells what breaks, by operation, and the flows that it concerns', async () => {
  server.use(http.get('*/v1/integrations/crm/diff', ({ request }) => (new URL(request.url).search === '?from=1&to=2' ? HttpResponse.json(diff) : HttpResponse.error())));
  show();
  expect(await screen.findByText('1 breaking')).toBeVisible();
  expect(screen.getAllByRole('heading').map((heading) => heading.textContent)).toEqual(['findContact', 'addNote', '1 published flow pinning an older version']);
  const flow = screen.getByRole('link', { name: 'lookup' }).closest('li')!;
  expect(within(flow).getByRole('img', { name: 'Breaking' })).toBeVisible();
});

test('for one operation it keeps to that', async () => {
  server.use(http.get('*/v1/integrations/crm/diff', () => HttpResponse.json(diff)));
  show('addNote');
  expect(await screen.findByText('Nothing breaks')).toBeVisible();
  expect(screen.queryByText('findContact')).toBeNull();
  expect(screen.queryByRole('link')).toBeNull();
});
