import { expect, expectAccessible, test } from './test';

test('an admin adds a member, changes what they may do, and removes them', async ({ page, logIn }) => {
  await logIn('admin');
  await page.goto('/members');
  const act = async (item: string) => {
    await page.getByRole('button', { name: 'More: Grace Hopper' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await page.getByRole('button', { name: 'Add member' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('grace.hopper@example.com');
  await dialog.getByLabel('Name').fill('Grace Hopper');
  await dialog.getByRole('radio', { name: 'Operator' }).click();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Add member' }).click();
  await expect(page.getByRole('dialog', { name: 'One-time password' }).getByRole('region', { name: 'one-time password' })).not.toBeEmpty();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Grace Hopper' });
  await expect(row).toContainText('Operator');
  await expect(row).toContainText('Password to be set');

  await act('Change role');
  await page.getByRole('radio', { name: 'Viewer' }).click();
  await page.getByRole('button', { name: 'Change role' }).click();
  await expect(row).toContainText('Viewer');
  await act('Disable');
  await page.getByRole('button', { name: 'Disable' }).click();
  await expect(row).toContainText('Disabled');
  await act('Remove');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);

  await page.getByRole('button', { name: /^More: The admin/ }).last().click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('alertdialog').getByRole('alert')).toBeVisible();
});

test('a token is made, works as its line says, and is refused once revoked', async ({ page, site, logIn, request }) => {
  await logIn('admin');
  await page.goto('/tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name').fill('reports');
  await page.getByRole('radio', { name: 'Viewer' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Make token' }).click();
  const text = (await page.getByRole('region', { name: 'token', exact: true }).textContent()) ?? '';
  const ask = async () => (await request.get(`${site.url}/v1/session`, { headers: { authorization: `Bearer ${text}` } })).status();
  expect(await ask()).toBe(200);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Revoke reports' }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(page.getByText('reports is revoked.')).toBeVisible();
  expect(await ask()).toBe(401);
});

test('settings are kept, and the audit log shows who changed them to what', async ({ page, logIn }) => {
  await logIn('admin');
  await page.goto('/settings');
  await expect(page.getByText('127.0.0.2/32')).toBeVisible();
  await page.getByLabel('Runs').fill('soon');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel('Runs')).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page);
  await page.getByLabel('Runs').fill('45d');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Runs')).toHaveValue('45d');

  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByLabel('Action').fill('settings.write');
  await expect(page).toHaveURL(/action=settings\.write/);
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Entry \d+: changed settings/ }).first().click();
  const entry = page.getByRole('dialog');
  await expect(entry).toContainText('retention.runs');
  await expect(entry).toContainText('45d');
  await expectAccessible(page);
  await entry.getByRole('button', { name: /^Only what The admin/ }).click();
  await expect(page).toHaveURL(/actor=mem_/);
});

test('an organisation is made, and its first member logs in to it', async ({ page, logIn }) => {
  await logIn('admin');
  await page.goto('/settings');
  await page.getByRole('button', { name: 'New organisation' }).click();
  await page.getByLabel('Name').fill('acme');
  await page.getByLabel('E-mail of its first member').fill('boss@acme.example');
  await page.getByRole('button', { name: 'Make organisation' }).click();
  const password = (await page.getByRole('region', { name: 'one-time password' }).textContent()) ?? '';
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await expect(page.getByRole('list', { name: 'Organisations' })).toContainText('acme');
  await page.getByRole('button', { name: /^You:/ }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();

  await page.getByRole('button', { name: 'Log in to another organisation' }).click();
  await page.getByLabel('Organisation').fill('acme');
  await page.getByLabel('E-mail').fill('boss@acme.example');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Set your password' })).toBeVisible();
});

test('an editor who opens an admin’s screen by its address is told', async ({ page, logIn }) => {
  await logIn('editor');
  for (const path of ['/audit', '/members', '/tokens', '/settings']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { name: 'Only admins see this' })).toBeVisible();
    await expectAccessible(page);
  }
});
