// The canvas as scenarios drive it.
import type { Locator, Page } from '@playwright/test';
import { expect } from './test';

export type Doc = { start: string; nodes: Record<string, { type: string; name?: string; next?: string; cases?: { to: string }[] }>; layout?: Record<string, { x: number; y: number }> };

let made = 0;

/** A flow of the test's own, as JSON. */
export async function makeFlow(api: (method: string, path: string, body?: unknown) => Promise<unknown>, nodes: Doc['nodes'] = {}, start = ''): Promise<string> {
  const slug = `drawn-${process.pid}-${++made}`;
  await api('PUT', `/v1/flows/${slug}/draft`, { kind: 'flow', slug, name: 'Drawn', trigger: { type: 'event', event: 'call.connected' }, start, nodes });
  return slug;
}

export const three: Doc['nodes'] = {
  hello: { type: 'message', name: 'Hello', text: 'Hi', next: 'pause' } as never,
  pause: { type: 'wait', name: 'Pause', duration: '1s', next: 'done' } as never,
  done: { type: 'end', name: 'Done' },
};

export const box = (page: Page, name: string | RegExp) => page.locator('.react-flow__node').and(page.getByRole('group', { name }));

export async function middle(of: Locator) {
  const at = (await of.boundingBox())!;
  return { x: at.x + at.width / 2, y: at.y + at.height / 2 };
}

export async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 6 });
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
}

/** A place on a wire, in the window: its middle, where nothing else is said. */
export function onWire(page: Page, id: string, share = 0.5) {
  return page.locator(`.react-flow__edge[data-id="${id}"] .react-flow__edge-path`).evaluate((path: SVGPathElement, share) => {
    const { x, y } = path.getPointAtLength(path.getTotalLength() * share);
    const { a, d, e, f } = path.getScreenCTM()!;
    return { x: x * a + e, y: y * d + f };
  }, share);
}

export const saved = (page: Page) => expect(page.getByRole('status').filter({ hasText: /^Saved$/ })).toBeVisible();
export const draft = (site: { api<T>(method: string, path: string): Promise<T> }, slug: string) => site.api<Doc>('GET', `/v1/flows/${slug}/draft`);
