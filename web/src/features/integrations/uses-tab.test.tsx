import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';
import { renderScreen } from '../../../tests/screen';
import { server } from '../../../tests/server';
import { UsesTab } from './uses-tab';

test('flows are listed with what they pin, and older pins can be moved', async () => {
  server.use(http.get('*/v1/integrations/crm/uses', () => HttpResponse.json({ flows: [{ slug: 'lookup', name: 'Look up', draft: true, published: 3, nodes: [{ id: 'find', draft: 2, published: 1 }] }], complete: true })));
  const move = vi.fn();
  renderScreen(() => <UsesTab slug="crm" latest={2} onMovePins={move} />, { path: '/here', at: '/here' });
  expect(await screen.findByRole('link', { name: 'Look up' })).toBeVisible();
  expect(screen.getByText('find · version 1, draft 2')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Move pins to version 2…' }));
  expect(move).toHaveBeenCalledWith(2);
});

test('where no flow calls it, it says how one does', async () => {
  server.use(http.get('*/v1/integrations/crm/uses', () => HttpResponse.json({ flows: [], complete: true })));
  renderScreen(() => <UsesTab slug="crm" latest={1} />, { path: '/here', at: '/here' });
  expect(await screen.findByText('No flow calls it yet')).toBeVisible();
});
