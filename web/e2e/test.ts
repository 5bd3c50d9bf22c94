// What every scenario has: a Callout of its worker's own, and people who log in.
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { startSite, type Site } from './site';

type Role = 'viewer' | 'operator' | 'editor' | 'admin';

interface Fixtures {
  /** Logs in as a member with this role, made for the test. */
  logIn(role?: Role): Promise<void>;
  /** What the page's console and its policy complained of; must be nothing at the end. */
  complaints: string[];
}

let people = 0;
const password = 'a long enough password';

export const test = base.extend<Fixtures, { site: Site }>({
  site: [
    async ({}, use) => {
      const site = await startSite();
      await use(site);
      await site.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ site }, use) => {
    await use(site.url);
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        // Answers like 404 and 409 are told by the browser as errors; the page shows what they mean.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
      });
      page.on('dialog', (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  logIn: async ({ page, site }, use) => {
    await use(async (role = 'admin') => {
      const email = `${role}${++people}-${process.pid}@example.com`;
      const made = await site.api<{ oneTimePassword: string }>('POST', '/v1/members', { email, name: `The ${role}`, role });
      await page.goto('/login');
      // As the login screen does, without its clicks: the cookie is the browser's own.
      const statuses = await page.evaluate(
        async ([email, first, password]) => {
          const post = async (path: string, body: unknown) =>
            (await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).status;
          return [await post('/v1/session', { email, password: first }), await post('/v1/session/password', { current: first, new: password })];
        },
        [email, made.oneTimePassword, password] as const,
      );
      expect(statuses).toEqual([200, 200]);
    });
  },
});

/** No violation of WCAG A and AA that axe can find. */
export async function expectAccessible(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`)).toEqual([]);
}

export { expect };
