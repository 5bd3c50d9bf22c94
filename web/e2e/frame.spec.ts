import { expect, expectAccessible, test } from './test';

test('who is not logged in is sent to the login, and comes back', async ({ page }) => {
  await page.goto('/runs');
  await expect(page).toHaveURL(/\/login\?next=%2Fruns/);
});

test('an admin has every way through the page, a viewer those of a viewer', async ({ page, logIn }) => {
  await logIn('admin');
  await page.goto('/');
  const main = page.getByRole('navigation', { name: 'Main' });
  await expect(main.getByRole('link')).toHaveText(['Flows', 'Runs', 'Integrations', 'Connections', 'Audit', 'Members', 'Tokens', 'Settings']);
  await expectAccessible(page);
  await logIn('viewer');
  await page.goto('/');
  await expect(main.getByRole('link')).toHaveText(['Flows', 'Runs', 'Integrations', 'Connections']);
});
