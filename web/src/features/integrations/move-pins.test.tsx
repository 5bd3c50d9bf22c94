import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { renderScreen } from '../../../tests/screen';
import { server } from '../../../tests/server';
import { MovePins } from './move-pins';

interface Ask {
  to: number;
  flows?: string[];
  publish: boolean;
  dryRun: boolean;
}

test('what would be done is shown first; a flow that is left out is left alone', async () => {
  const asked: Ask[] = [];
  server.use(
    http.post('*/v1/integrations/crm/upgrade', async ({ request }) => {
      const ask = (await request.json()) as Ask;
      asked.push(ask);
      return HttpResponse.json({ flows: [{ slug: 'notify', nodes: ['find'], version: ask.dryRun ? null : 2, problems: [] }], skipped: [{ slug: 'other', reason: 'its draft differs' }] });
    }),
  );
  const user = userEvent.setup();
  // The first question is for all flows.
  server.use(http.post('*/v1/integrations/crm/upgrade', () => HttpResponse.json({ flows: ['lookup', 'notify'].map((slug) => ({ slug, nodes: ['find'], version: null, problems: [] })), skipped: [{ slug: 'other', reason: 'its draft differs' }] }), { once: true }));
  renderScreen(() => <MovePins slug="crm" to={3} onClose={() => {}} />, { path: '/here', at: '/here' });
  expect(await screen.findByRole('list', { name: 'What would be done' })).toHaveTextContent('lookup');
  await user.click(screen.getByRole('checkbox', { name: 'lookup' }));
  const move = await screen.findByRole('button', { name: 'Move and publish 1 flow' });
  expect(within(screen.getByRole('list', { name: 'What would be done' })).getByText(/its draft differs/)).toBeVisible();
  expect(asked.at(-1)).toEqual({ to: 3, publish: true, dryRun: true, flows: ['notify', 'other'] });
  await user.click(move);
  expect(await screen.findByRole('list', { name: 'Moved' })).toHaveTextContent('published as version 2');
  expect(asked.at(-1)).toEqual({ to: 3, publish: true, dryRun: false, flows: ['notify', 'other'] });
});

test('a refusal says which flow would have errors, and it can be left out', async () => {
  server.use(
    http.post('*/v1/integrations/crm/upgrade', () =>
      HttpResponse.json({ title: 'The flow has errors', code: 'flow-has-errors', status: 422, detail: '`lookup` would have errors with its pins moved; nothing was done', problems: [{ code: 'input-missing', severity: 'error', at: 'nodes.find.inputs', message: '`limit` is missing' }] }, { status: 422 }),
    ),
  );
  renderScreen(() => <MovePins slug="crm" to={2} onClose={() => {}} />, { path: '/here', at: '/here' });
  expect(await screen.findByText(/would have errors with its pins moved/)).toBeVisible();
  expect(screen.getByRole('list', { name: 'Problems' })).toHaveTextContent('nodes.find.inputs');
  expect(screen.getByRole('button', { name: /Move and publish/ })).toBeDisabled();
});
