// Takes a picture of every screen with real data, light and dark, wide and as on a phone, into web/screens. Those that the
// README shows go to docs/screens.
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './test';
import type { Site } from './site';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
const shown = ['call-panel-light', 'test-call-dark', 'run-light', 'runs-phone-dark'];

interface Screen {
  name: string;
  path: string;
  /** What must be there before the picture is taken. */
  ready(page: Page): Promise<unknown>;
  phone?: boolean;
}

const heading = (name: string | RegExp) => (page: Page) => expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();

async function fill(site: Site): Promise<{ run: string; failed: string; timedOut: string }> {
  for (const name of ['caller-lookup', 'queue-length', 'order-status', 'status-routing', 'promotion', 'profile-push']) await site.example(name);
  const ids: string[] = [];
  for (const from of ['+442079460018', '+442079460999', '+442079460018', '+4420794600']) {
    const run = await site.api<{ id: string }>('POST', '/v1/flows/caller-lookup/runs?wait=10s', { event: { name: 'call.connected', from, agent: 'agent-7' } });
    ids.push(run.id);
  }
  await site.api('POST', '/v1/flows/queue-length/runs?wait=10s', { event: { name: 'chat.waiting', queue: 25 } });
  return { run: ids[0]!, failed: ids[1]!, timedOut: ids[2]! };
}

function screens(ids: { run: string }): Screen[] {
  return [
    { name: 'flows', path: '/flows', ready: heading('Flows'), phone: true },
    { name: 'editor', path: '/flows/caller-lookup', ready: (page) => expect(page.getByText('Find the caller in the CRM').first()).toBeVisible() },
    { name: 'call-panel', path: '/flows/caller-lookup?node=lookup', ready: (page) => expect(page.getByText('Variables from the answer').first()).toBeVisible() },
    { name: 'saved-call-panel', path: '/flows/queue-length?node=count', ready: (page) => expect(page.getByText('Variables from the answer').first()).toBeVisible() },
    { name: 'test-call', path: '/flows/caller-lookup?node=lookup&panel=test', ready: sendTest },
    { name: 'runs', path: '/runs', ready: heading('Runs'), phone: true },
    { name: 'run', path: `/runs/${ids.run}`, ready: (page) => expect(page.getByText('Find the caller in the CRM').first()).toBeVisible(), phone: true },
    { name: 'integrations', path: '/integrations', ready: heading('Integrations'), phone: true },
    { name: 'integration', path: '/integrations/desk', ready: heading(/.+/), phone: true },
    { name: 'connections', path: '/connections', ready: heading('Connections'), phone: true },
    { name: 'connection', path: '/connections/desk-main', ready: heading(/.+/), phone: true },
    { name: 'audit', path: '/audit', ready: heading('Audit'), phone: true },
    { name: 'members', path: '/members', ready: heading('Members'), phone: true },
    { name: 'tokens', path: '/tokens', ready: heading('Tokens'), phone: true },
    { name: 'settings', path: '/settings', ready: heading('Settings'), phone: true },
    { name: 'new-flow', path: '/flows', ready: press('New flow', (page) => page.getByRole('dialog', { name: 'New flow' })) },
    { name: 'try', path: '/flows/caller-lookup', ready: tryIt },
    { name: 'publish', path: '/flows/caller-lookup', ready: press('Publish', (page) => page.getByRole('dialog')) },
    { name: 'import', path: '/integrations?new=openapi', ready: (page) => expect(page.getByRole('main').getByText(/OpenAPI/).first()).toBeVisible() },
    { name: 'not-found', path: '/nowhere', ready: (page) => expect(page.getByText('There is no such page')).toBeVisible() },
  ];
}

/** Presses a button, and waits for what it opens. */
const press = (button: string, opened: (page: Page) => Locator) => async (page: Page) => {
  await page.getByRole('button', { name: button, exact: true }).click();
  await expect(opened(page)).toBeVisible();
};

async function tryIt(page: Page) {
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  const panel = page.getByRole('region', { name: /^Try/ });
  await panel.getByRole('button', { name: 'Send the event' }).click();
  await expect(panel.getByText(/completed/i).first()).toBeVisible();
}

async function sendTest(page: Page) {
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('customer_name').last()).toBeVisible();
}

test('every screen', async ({ page, site, logIn }) => {
  const ids = await fill(site);
  await mkdir(join(web, 'screens'), { recursive: true });
  await mkdir(join(web, '../docs/screens'), { recursive: true });
  const take = async (name: string) => {
    // What is still being drawn or fetched is waited for; animations stand still in a picture.
    await page.waitForLoadState('networkidle', { timeout: 1_500 }).catch(() => {});
    const path = join(web, 'screens', `${name}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    if (shown.includes(name)) await copyFile(path, join(web, '../docs/screens', `${name}.png`));
  };
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(wide);
    if (theme === 'light') {
      await page.goto('/login');
      await expect(page.getByRole('heading', { name: 'Welcome to Callout' })).toBeVisible();
      await take('welcome-light');
      await logIn('admin');
    }
    await page.context().clearCookies();
    await page.goto('/login');
    await expect(page.getByRole('button', { name: 'Log in', exact: true })).toBeVisible();
    await take(`login-${theme}`);
    await logIn('admin');
    for (const screen of screens(ids)) {
      await page.setViewportSize(wide);
      await page.goto(screen.path);
      await screen.ready(page);
      await take(`${screen.name}-${theme}`);
      if (!screen.phone) continue;
      await page.setViewportSize(phone);
      await page.goto(screen.path);
      await screen.ready(page);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(sideways, `${screen.path} scrolls sideways on a phone`).toBe(false);
      await take(`${screen.name}-phone-${theme}`);
    }
  }
});
