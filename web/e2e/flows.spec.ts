import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './test';

const act = async (page: Page, flow: string, item: string) => {
  await page.getByRole('button', { name: `More: ${flow}`, exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

test('an editor makes flows from blank, from an example and from a cURL command', async ({ page, logIn }) => {
  await logIn('editor');
  const choose = async (tab: string) => {
    await page.goto('/flows');
    // Where there is no flow yet, the same choices stand on the screen itself.
    await page.getByRole('button', { name: /^New flow$|^Start from blank/ }).first().click();
    await page.getByRole('tab', { name: tab }).click();
  };
  await choose('Blank');
  await expectAccessible(page);
  await page.getByLabel('Name').fill('Night shift');
  await expect(page.getByLabel('Slug')).toHaveValue('night-shift');
  await page.getByRole('button', { name: 'Create flow' }).click();
  await expect(page).toHaveURL(/\/flows\/night-shift/);

  await choose('Example');
  await page.getByRole('radio', { name: 'Status routing' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create flow' }).click();
  await expect(page).toHaveURL(/\/flows\/status-routing/);

  await choose('cURL');
  await page.getByLabel('cURL command').fill("curl -X POST https://api.example.com/v1/orders -H 'Authorization: Bearer abc' --json '{\"id\": 7}'");
  await expect(page.getByText('POST api.example.com/v1/orders')).toBeVisible();
  await expect(page.getByText(/a credential is in the command/)).toBeVisible();
  await page.getByLabel('Name').fill('Orders');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create flow' }).click();
  await expect(page).toHaveURL(/\/flows\/orders\?node=call/);

  await choose('Blank');
  await page.getByLabel('Name').fill('Orders');
  await page.getByRole('button', { name: 'Create flow' }).click();
  await expect(page.getByText('There is a flow with this slug already.')).toBeVisible();
});

test('a flow is found, renamed, duplicated, deleted and brought back', async ({ page, site, logIn }) => {
  await site.example('caller-lookup');
  await site.api('POST', '/v1/flows/caller-lookup/runs?wait=10s', { event: { name: 'call.connected', from: '+442079460018', agent: 'agent-7' } });
  await logIn('editor');
  await page.goto('/flows');
  const row = page.getByRole('row').filter({ has: link(page, 'Caller lookup') });
  await expect(row).toContainText('Published v1');
  await expect(row).toContainText('call.connected');
  await expect(row.getByRole('link', { name: /completed/ })).toBeVisible();
  await expectAccessible(page);

  await act(page, 'Caller lookup', 'Duplicate');
  await page.getByLabel('Name').fill('Second lookup');
  await page.getByLabel('Slug').fill('second-lookup');
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(link(page, 'Second lookup')).toBeVisible();

  await act(page, 'Second lookup', 'Rename');
  await page.getByRole('textbox', { name: 'Name' }).fill('Lookup at night');
  await page.getByRole('button', { name: 'Rename' }).click();
  await expect(link(page, 'Lookup at night')).toBeVisible();

  await page.getByRole('searchbox', { name: 'Search flows' }).fill('AT NIGHT');
  await expect(page).toHaveURL(/\?q=AT\+NIGHT/);
  await expect(link(page, 'Caller lookup')).toHaveCount(0);
  await page.reload();
  await expect(link(page, 'Lookup at night')).toBeVisible();

  await act(page, 'Lookup at night', 'Delete');
  await expect(page.getByRole('heading', { name: 'No flow fits' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(link(page, 'Lookup at night')).toBeVisible();
});

test('a viewer reads the list and sees no way to change it', async ({ page, site, logIn }) => {
  await site.example('order-status');
  await logIn('viewer');
  await page.goto('/flows');
  await expect(link(page, 'Order status')).toBeVisible();
  await expect(page.getByRole('button', { name: 'New flow' })).toHaveCount(0);
  await page.getByRole('button', { name: 'More: Order status' }).click();
  await expect(page.getByRole('menuitem')).toHaveText(['Look at it', 'Show its runs', 'Copy document']);
});
