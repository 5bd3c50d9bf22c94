import { startSite, type Site } from './site';
import { expect, expectAccessible, test } from './test';

const password = 'several words do well';

test.describe('a first start', () => {
  let fresh: Site;
  test.beforeEach(async () => {
    fresh = await startSite();
  });
  test.afterEach(async ({ page }) => {
    // What the page still loads is not to meet a server that is gone.
    await page.close();
    await fresh.stop();
  });

  test('leads from the printed token to an account, and from there to the first flow', async ({ page }) => {
    await page.goto(`${fresh.url}/login`);
    await expect(page.getByRole('heading', { name: 'Welcome to Callout' })).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Set-up address or admin token').fill(`${fresh.url}/setup#token=${fresh.token}`);
    await page.getByRole('button', { name: 'Set up the first account' }).click();

    await expect(page.getByRole('heading', { name: 'Set up Callout' })).toBeVisible();
    await expect(page).toHaveURL(`${fresh.url}/setup`);
    await expectAccessible(page);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Make the account and begin' }).click();
    await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Set the password and begin' }).click();

    await expect(page.getByRole('heading', { name: 'Make your first flow' })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('button', { name: /Start with an example/ }).click();
    await expect(page.getByRole('radio', { name: 'Caller lookup' })).toBeChecked();
    await page.getByRole('button', { name: 'Create flow' }).click();
    await expect(page).toHaveURL(/\/flows\/caller-lookup\?node=lookup/);
  });

  test('with the example there already opens it at its test call', async ({ page }) => {
    await fresh.example('caller-lookup');
    await page.goto(`${fresh.url}/setup#token=${fresh.token}`);
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Make the account and begin' }).click();
    await expect(page).toHaveURL(/\/flows\/caller-lookup\?node=lookup&panel=test/);
  });

  test('with a wrong token says so, and takes the right one', async ({ page }) => {
    await page.goto(`${fresh.url}/setup#token=cot_wrong`);
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Make the account and begin' }).click();
    await expect(page.getByRole('alert')).toContainText('The set-up token is not known');
    await expectAccessible(page);
    await page.getByLabel('Set-up address or admin token').fill(fresh.token);
    await page.getByRole('button', { name: 'Take this token' }).click();
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Make the account and begin' }).click();
    await expect(page.getByRole('heading', { name: 'Make your first flow' })).toBeVisible();
  });
});

test('a member logs in with a one-time password, sets their own, logs out, and in again', async ({ page, site }) => {
  const email = `grace${Date.now()}@example.com`;
  const { oneTimePassword } = await site.api<{ oneTimePassword: string }>('POST', '/v1/members', { email, name: 'Grace', role: 'viewer' });
  const logIn = async (secret: string) => {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(secret);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
  };
  await page.goto('/login?next=/runs');
  await expectAccessible(page);
  await logIn('not the password');
  await expect(page.getByRole('alert')).toContainText('do not fit');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await logIn(oneTimePassword);

  await expect(page.getByRole('heading', { name: 'Set your password' })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('One-time password', { exact: true }).fill('another');
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByText('This is not the current password.')).toBeVisible();
  await page.getByLabel('One-time password', { exact: true }).fill(oneTimePassword);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page).toHaveURL(/\/runs$/);

  await page.getByRole('button', { name: 'You: Grace' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.goto('/login?next=//elsewhere.example/');
  await logIn(password);
  await expect(page).toHaveURL(`${site.url}/flows`);
});
