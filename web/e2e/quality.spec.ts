// What holds of the page as a whole: its weight, its policy, and what a browser keeps of it.
import { expect, test } from './test';

/** The most that a first screen may weigh on the wire before a canvas is opened, in bytes. */
const firstLoadMax = 300 * 1024;

test('the first screens come with less than 300 KB, compressed', async ({ page, logIn, site }) => {
  await site.example('caller-lookup');
  await logIn('admin');
  await page.goto('/flows');
  await expect(page.getByRole('link', { name: 'Caller lookup' })).toBeVisible();
  const weights = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .concat(performance.getEntriesByType('navigation'))
      .map((entry) => ({ name: entry.name, bytes: (entry as PerformanceResourceTiming).encodedBodySize })),
  );
  const all = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(all).toBeGreaterThan(50 * 1024);
  expect(all, JSON.stringify(weights)).toBeLessThan(firstLoadMax);
});

test('every address answers the page with a strict policy, and the API is untouched by it', async ({ site, request }) => {
  for (const path of ['/', '/login', '/flows/some-flow', '/oauth/callback?state=s&code=c']) {
    const answer = await request.get(site.url + path, { headers: { accept: 'text/html' } });
    expect(answer.status()).toBe(200);
    const policy = answer.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(answer.headers()['x-content-type-options']).toBe('nosniff');
  }
  const missing = await request.get(`${site.url}/v1/nothing`);
  expect(missing.status()).toBe(404);
  expect(missing.headers()['content-type']).toContain('application/problem+json');
});

test('without a network the page says so, and goes on when it is back', async ({ page, logIn, context }) => {
  await logIn('admin');
  await page.goto('/flows');
  await expect(page.getByRole('heading', { name: 'Flows', level: 1 })).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByRole('status').filter({ hasText: 'You are offline' })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByRole('status').filter({ hasText: 'You are offline' })).toHaveCount(0);
});
