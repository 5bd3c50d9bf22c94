// What upstreams, callers and authors write is shown as text, wherever it is shown.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './test';

const markup = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;

/** An API that answers with markup in every place that it has. */
async function hostileApi(): Promise<{ url: string; server: Server }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-note': '<script>alert(3)</script>' });
    response.end(JSON.stringify({ [markup]: markup, name: `javascript:alert(4)`, nested: { html: markup.repeat(50) } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  return { url: `http://127.0.0.2:${(server.address() as AddressInfo).port}`, server };
}

test('markup in names, headers, bodies and effects stays text', async ({ page, site, logIn }) => {
  const { url, server } = await hostileApi();
  const slug = 'hostile';
  await site.api('PUT', `/v1/flows/${slug}/draft`, {
    kind: 'flow',
    slug,
    name: markup,
    description: markup,
    trigger: { type: 'event', event: 'hostile' },
    start: 'call',
    nodes: {
      call: { type: 'apiCall', name: markup, mode: 'http', url: `${url}/x`, outputs: [{ var: 'name', path: '$.name' }], cases: [{ name: markup, on: '2xx', to: 'pop' }], next: 'pop' },
      pop: { type: 'screenPop', name: markup, title: '{{ steps.call.body.nested.html }}', url: 'https://crm.example/', fields: [{ label: markup, value: markup }], next: 'say' },
      say: { type: 'message', name: markup, text: markup },
    },
  });
  await site.api('POST', `/v1/flows/${slug}/publish`);
  const run = await site.api<{ id: string; status: string }>('POST', `/v1/flows/${slug}/runs?wait=10s`, { event: { name: markup, [markup]: markup } });
  expect(run.status).toBe('completed');
  await logIn('admin');
  for (const path of ['/flows', `/flows/${slug}`, '/runs', `/runs/${run.id}`, '/audit']) {
    await page.goto(path);
    // The screen is there, with the markup to read and none of it made elements; `complaints` sees dialogs and refused scripts.
    await expect(page.getByRole('main')).toContainText(path === '/audit' ? 'flow.publish' : markup);
    await expect(page.locator('img[src="x"]')).toHaveCount(0);
    await expect(page.locator('a[href^="javascript:"]')).toHaveCount(0);
  }
  server.close();
});
