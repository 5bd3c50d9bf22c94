// Consent in a browser with an authorization server that is not ours, and what who may not change a connection sees.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bin, type Site } from './site';
import { expect, expectAccessible, test } from './test';

/** The server of `scripts/oauth`, whose user agrees to everything; it ends with its standard input. */
async function startOauth(redirectUri: string): Promise<{ issuer: string; process: ChildProcess }> {
  const child = spawn('node', [join(bin, '../oauth-server/server.mjs'), redirectUri], { stdio: ['pipe', 'pipe', 'inherit'] });
  const issuer = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the OAuth server ended with ${code}: run scripts/oauth-server first`)));
  });
  return { issuer, process: child };
}

async function calendar(site: Site, issuer: string) {
  await site.api('PUT', '/v1/integrations/calendar/draft', {
    kind: 'integration',
    slug: 'calendar',
    name: 'Calendar',
    baseUrl: issuer,
    auth: { type: 'oauth2AuthorizationCode', authorizationUrl: `${issuer}/auth`, tokenUrl: `${issuer}/token`, clientId: 'in the header', clientSecret: '{{ secret.client }}', scope: 'openid read' },
    secretSchema: { type: 'object', properties: { client: { type: 'string' } }, required: ['client'] },
    verify: 'whoAmI',
    operations: { whoAmI: { path: '/get' } },
  });
  await site.api('POST', '/v1/integrations/calendar/publish');
  await site.api('POST', '/v1/connections', { id: 'calendar-main', name: 'Calendar of Ann', integrationSlug: 'calendar', secrets: { client: 's3cret-of-the-client' } });
}

test('a person agrees in the browser, and the connection works from then on', async ({ page, site, logIn }) => {
  const oauth = await startOauth(`${site.url}/oauth/callback`);
  await calendar(site, oauth.issuer);
  await logIn('admin');
  await page.goto('/connections');
  await expect(page.getByRole('row', { name: /Calendar of Ann/ })).toContainText('Not authorised yet');
  await expectAccessible(page);
  await page.getByRole('link', { name: /Calendar of Ann/ }).click();
  await page.getByRole('button', { name: 'Connect…' }).click();
  await expect(page).toHaveURL(/\/oauth\/callback/);
  await expect(page.getByRole('heading', { name: 'Connected' })).toBeVisible();
  await expectAccessible(page);
  // The same answer a second time belongs to nothing any more.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Not authorised' })).toBeVisible();

  await page.goto('/connections/calendar-main');
  await page.getByRole('button', { name: 'Test' }).click();
  const outcome = page.getByRole('status', { name: 'The test' });
  await expect(outcome.getByRole('heading', { name: 'The test passed' })).toBeVisible();
  await expect(outcome).toContainText('"ann"');
  oauth.process.stdin!.end();
});

test('an answer that gives no access, or that nobody waits for, says so', async ({ page, logIn }) => {
  await logIn('admin');
  await page.goto('/oauth/callback?state=unknown&code=abc');
  await expect(page.getByRole('alert')).toContainText('began no authorization');
  await page.evaluate(() => sessionStorage.setItem('callout.oauth.begun', 'calendar-main'));
  await page.goto('/oauth/callback?state=begun&error=access_denied&error_description=%3Cb%3ENo%3C%2Fb%3E');
  await expect(page.getByRole('alert')).toContainText('access_denied');
  await expect(page.getByRole('alert')).toContainText('<b>No</b>');
  await expectAccessible(page);
});

test('a connection without an integration is made, limited, disabled and deleted', async ({ page, logIn }) => {
  await logIn('admin');
  await page.goto('/connections?new=1');
  await page.getByRole('combobox', { name: 'Integration' }).click();
  await page.getByRole('option', { name: /None: HTTP requests/ }).click();
  await page.getByLabel('Calls sign in with').selectOption('basic');
  await page.getByLabel('Name', { exact: true }).fill('Partner');
  await page.getByLabel('username *', { exact: true }).fill('ada');
  await page.getByLabel('password *', { exact: true }).fill('not-a-real-one');
  await page.getByLabel('Allowed hosts').fill('127.0.0.2');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create connection' }).click();
  await expect(page).toHaveURL(/\/connections\/partner$/);

  await page.getByRole('button', { name: /^Limits/ }).click();
  await page.getByLabel('Calls at once').fill('0');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('0 is out of range: 1 to 1024').first()).toBeVisible();
  await page.getByLabel('Calls at once').fill('8');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('8 calls at once, no rate limit')).toBeVisible();

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expectAccessible(page);
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/connections$/);
  await expect(page.getByRole('link', { name: /Partner/ })).toHaveCount(0);
});

test('a viewer reads integrations and connections, and changes neither', async ({ page, site, logIn }) => {
  await site.example('queue-length');
  await logIn('viewer');
  await page.goto('/integrations/desk?op=countTickets');
  await expect(page.getByLabel('Path', { exact: true })).toHaveAttribute('readonly', '');
  await expect(page.getByRole('button', { name: 'Save draft' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Publish…' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Add input' })).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'View as text' }).click();
  await expect(page.getByRole('textbox', { name: 'The draft' })).toContainText('slug: desk');
  await expectAccessible(page);
  await page.goto('/connections/desk-main');
  await expect(page.getByText('api_token', { exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Queue length' })).toBeVisible();
  await expect(page.getByRole('button', { name: /Replace|Test|Save/ })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto('/integrations?new=openapi');
  await expect(page.getByRole('heading', { name: 'Integrations', level: 1 })).toBeVisible();
});
