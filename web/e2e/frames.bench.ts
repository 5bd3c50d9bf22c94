// How long frames take while 500 nodes are panned and zoomed; `npm run frames` prints it. Not part of the scenarios: times are no test.
import type { Page } from '@playwright/test';
import { largeFlow } from './large-flow';
import { expect, test } from './test';

async function frames(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    let last = performance.now();
    let on = true;
    const tick = (now: number) => {
      times.push(now - last);
      last = now;
      if (on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, {
      framesOver: () => {
        on = false;
        return times.slice(1);
      },
    });
  });
  await act();
  return page.evaluate(() => (window as unknown as { framesOver(): number[] }).framesOver());
}

function say(what: string, times: number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1);
  console.log(`${what.padEnd(34)} ${String(times.length).padStart(4)} frames   p50 ${at(0.5)} ms   p95 ${at(0.95)} ms   max ${at(1)} ms`);
}

test('500 nodes', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/large/draft', largeFlow('large', 500));
  await logIn('editor');
  await page.goto('/flows/large');
  await expect(page.locator('.react-flow__node').first()).toBeVisible();
  const wheel = async (x: number, y: number, turns: number) => {
    for (let turn = 0; turn < turns; turn++) await page.mouse.wheel(x, y);
  };
  const pull = async () => {
    await page.mouse.move(900, 700);
    await page.mouse.down();
    for (let step = 0; step < 60; step++) await page.mouse.move(900 - step * 12, 700 + Math.round(40 * Math.sin(step / 8)));
    await page.mouse.up();
  };
  const zoom = async (by: number, turns: number) => {
    await page.mouse.move(800, 450);
    await page.keyboard.down('Control');
    await wheel(0, by, turns);
    await page.keyboard.up('Control');
  };
  await page.mouse.move(800, 450);
  say('wheel, as it opens', await frames(page, () => wheel(60, 0, 60)));
  say('drag, as it opens', await frames(page, pull));
  await page.getByRole('button', { name: 'Fit the flow in' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.react-flow__node').length > 300);
  say('wheel, all in sight', await frames(page, () => wheel(30, 10, 60)));
  say('drag, all in sight', await frames(page, pull));
  say('zoom in from all', await frames(page, () => zoom(-40, 40)));
  say('zoom out to all', await frames(page, () => zoom(40, 40)));
});
