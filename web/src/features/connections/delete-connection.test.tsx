import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { renderScreen } from '../../../tests/screen';
import { server } from '../../../tests/server';
import { DeleteConnection } from './delete-connection';

test('the question names the flows whose calls fail without it', async () => {
  server.use(http.get('*/v1/connections/crm-main/uses', () => HttpResponse.json({ flows: [{ slug: 'lookup', name: 'Look up', nodes: ['find'], draft: true, published: 1 }], complete: true })));
  renderScreen(() => <DeleteConnection id="crm-main" onClose={() => {}} />, { path: '/here', at: '/here' });
  expect(await screen.findByText('Look up')).toBeVisible();
  expect(screen.getByRole('alertdialog', { name: 'Delete crm-main?' })).toHaveTextContent('Calls of these flows fail from then on');
});
