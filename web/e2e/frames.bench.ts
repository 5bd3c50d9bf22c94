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

/** CPU time of the page's main thread, ms: unlike the frames it does not depend on what else the machine does. */
async function busy(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
}

function say(what: string, times: number[], cpu: number) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1);
  console.log(`${what.padEnd(34)} ${String(times.length).padStart(4)} frames   p50 ${at(0.5)} ms   p95 ${at(0.95)} ms   max ${at(1)} ms   main thread ${(cpu / times.length).toFixed(1)} ms a frame`);
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
  const cpu = await busy(page);
  const measure = async (what: string, act: () => Promise<void>) => {
    const before = await cpu();
    const times = await frames(page, act);
    say(what, times, (await cpu()) - before);
  };
  await page.mouse.move(800, 450);
  await measure('wheel, as it opens', () => wheel(60, 0, 60));
  await measure('drag, as it opens', pull);
  await page.getByRole('button', { name: 'Fit the flow in' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.react-flow__node').length > 300);
  await measure('wheel, all in sight', () => wheel(30, 10, 60));
  await measure('drag, all in sight', pull);
  await measure('zoom in from all', () => zoom(-40, 40));
  await measure('zoom out to all', () => zoom(40, 40));
});
