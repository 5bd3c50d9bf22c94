// The API call: set up in its panel, previewed, tried for real, its answer made into variables.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './test';

interface Draft {
  nodes: Record<string, Record<string, unknown>>;
}

const around = {
  pop: { type: 'screenPop', name: 'Show the record', url: 'https://crm.example/' },
  sorry: { type: 'message', name: 'Say sorry', text: 'Sorry.' },
};

function flow(slug: string, call: Record<string, unknown>) {
  return { kind: 'flow', slug, name: slug, trigger: { type: 'event', event: 'call.connected' }, start: 'call', nodes: { call: { type: 'apiCall', name: 'The call', ...call }, ...around } };
}

/** Writes a template field with the keyboard. */
async function write(page: Page, name: string | RegExp, text: string) {
  const box = page.getByRole('textbox', { name });
  await box.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

async function saved(page: Page) {
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
}

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();

test('a request is built, previewed and sent, and values of its answer become variables', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/build-a-call/draft', flow('build-a-call', { mode: 'http', url: '', cases: [{ on: '2xx', to: 'pop' }, { on: 404, to: 'sorry' }] }));
  await logIn('editor');
  await page.goto('/flows/build-a-call?node=call');
  await write(page, 'URL', `${site.upstream}/crm/contacts`);
  await page.getByRole('button', { name: 'Query', exact: true }).click();
  await page.getByRole('button', { name: 'Add parameter' }).click();
  await page.getByRole('textbox', { name: 'Parameter 1: name' }).fill('phone');

  // Two braces make a hole, and complete what there is to read.
  await page.getByRole('textbox', { name: 'Parameter phone: value' }).click();
  await page.keyboard.type('{{ev');
  await expect(page.getByRole('option', { name: /^event\.name/ })).toBeVisible();
  await page.keyboard.type('ent.from');
  await expect(page.getByRole('textbox', { name: 'Parameter phone: value' })).toHaveText('{{ event.from }}');
  await expect(page.getByText('No test value for event.from')).toBeVisible();

  await tab(page, 'Test call');
  await page.getByRole('textbox', { name: 'Test value of event.from' }).fill('+442079460018');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await expect(page.getByText('/crm/contacts?phone=%2B442079460018')).toBeVisible();
  await expect(page.getByText('The guard lets calls to 127.0.0.2 pass.')).toBeVisible();

  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const test = page.getByRole('region', { name: 'Test call' });
  await expect(test.getByText('Show the record')).toBeVisible();
  await test.getByRole('button', { name: '"name": "Ada Lovelace"' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save as a variable' });
  await expect(dialog.getByLabel('Name')).toHaveValue('contact_name');
  await dialog.getByLabel('Name').fill('caller');
  await dialog.getByRole('button', { name: 'Save variable' }).click();
  await test.getByRole('button', { name: 'Send', exact: true }).click();
  await test.getByRole('tab', { name: /^Variables/ }).click();
  await expect(test.getByText('"caller": "Ada Lovelace"')).toBeVisible();
  await expectAccessible(page);

  await tab(page, 'Set up');
  await expect(page.getByRole('textbox', { name: 'Variable caller: path' })).toHaveValue('$.contacts[0].name');
  await expect(page.getByText('%2B442079460018', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await saved(page);
  await expect.poll(async () => (await site.api<Draft>('GET', '/v1/flows/build-a-call/draft')).nodes.call).toMatchObject({
    url: `${site.upstream}/crm/contacts`,
    query: [{ name: 'phone', value: '{{ event.from }}' }],
    outputs: [{ var: 'caller', path: '$.contacts[0].name' }],
  });
});

test('the answer is followed: a case is taken, timing told, the variables are there for what comes after', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/cases/draft', flow('cases', { mode: 'http', url: `${site.upstream}/board/status/{{ event.code }}`, retry: { maxAttempts: 2 }, cases: [{ on: '2xx', to: 'pop' }, { name: 'trouble', on: ['4xx', '5xx'], to: 'sorry' }] }));
  await logIn('editor');
  await page.goto('/flows/cases?node=call&panel=test');
  await page.getByRole('textbox', { name: 'Test value of event.code' }).fill('503');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const test = page.getByRole('region', { name: 'Test call' });
  await expect(test.getByText('trouble')).toBeVisible();
  await expect(test.getByText('Say sorry')).toBeVisible();
  await test.getByRole('tab', { name: 'Timing (2 attempts)' }).click();
  await expect(test.getByRole('list', { name: 'Attempts' }).getByText('Attempt 2')).toBeVisible();
  await expect(test.getByRole('list', { name: 'Attempts' }).getByText('Wait')).toHaveCount(2);
});

test('cases are put in order with the mouse, and an unreachable one is told', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/order-cases/draft', flow('order-cases', { mode: 'http', url: `${site.upstream}/`, cases: [{ on: '4xx', to: 'sorry' }, { on: '2xx', to: 'pop' }, { on: 404, to: 'pop' }], next: 'sorry' }));
  await logIn('editor');
  await page.goto('/flows/order-cases?node=call');
  await expect(page.getByText(/the case is never taken/i).last()).toBeVisible();
  const handle = page.getByRole('button', { name: 'Move case 404' });
  await handle.scrollIntoViewIfNeeded();
  const from = (await handle.boundingBox())!;
  const to = (await page.getByRole('button', { name: 'Move case 4xx' }).boundingBox())!;
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 4, to.y + 20, { steps: 5 });
  await page.mouse.move(to.x + 4, to.y - 10, { steps: 3 });
  await page.mouse.up();
  await expect(page.getByRole('list', { name: 'Cases' }).getByRole('listitem').first()).toContainText('404');
  await expect(page.getByText(/the case is never taken/i)).toHaveCount(0);
  // A way on may lead to a node that is made for it.
  await page.getByRole('combobox', { name: 'On timeout go to' }).click();
  await page.getByRole('button', { name: 'New node…' }).click();
  await page.getByRole('option', { name: /^Message/ }).click();
  await saved(page);
  await expect.poll(async () => (await site.api<Draft>('GET', '/v1/flows/order-cases/draft')).nodes.call!.cases).toEqual([{ on: 404, to: 'pop' }, { on: '4xx', to: 'sorry' }, { on: '2xx', to: 'pop' }, { on: 'timeout', to: 'message' }]);
});

test('a POST is shown and asked for before it is sent', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/post-a-quote/draft', flow('post-a-quote', { mode: 'http', method: 'POST', url: `${site.upstream}/shop/refund-quotes`, body: { type: 'json', text: '{"total": {{ vars.total }}, "skus": []}' }, cases: [{ on: '2xx', to: 'pop' }] }));
  await logIn('editor');
  await page.goto('/flows/post-a-quote?node=call&panel=test');
  await page.getByRole('textbox', { name: 'Test value of vars.total' }).fill('12.5');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const question = page.getByRole('alertdialog', { name: 'Send this POST for real?' });
  await expect(question).toContainText('"total": 12.5');
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Q-77')).toHaveCount(0);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await question.getByRole('button', { name: 'Send POST' }).click();
  await expect(page.getByText('"Q-77"')).toBeVisible();
});

test('a body that is not JSON is told with its place', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/bad-body/draft', flow('bad-body', { mode: 'http', method: 'POST', url: `${site.upstream}/ingest`, body: { type: 'json', text: '{}' }, cases: [{ on: '2xx', to: 'pop' }] }));
  await logIn('editor');
  await page.goto('/flows/bad-body?node=call');
  await write(page, 'JSON', '{\n  "a": \n}');
  await expect(page.getByText(/Enter valid JSON: line 3, column 1/).first()).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'JSON', exact: true })).toHaveAccessibleDescription(/Enter valid JSON/);
  await write(page, 'JSON', '{"a": {{ vars.n }}}');
  await expect(page.getByText(/Enter valid JSON/)).toHaveCount(0);
});

test('an operation of a saved integration is chosen, filled in and called', async ({ page, site, logIn }) => {
  await site.example('queue-length');
  await site.api('PUT', '/v1/flows/saved-call/draft', flow('saved-call', { mode: 'http', url: '', cases: [{ on: 'success', to: 'pop' }] }));
  await logIn('editor');
  await page.goto('/flows/saved-call?node=call');
  await page.getByRole('radio', { name: 'Saved integration' }).click();
  const choose = async (name: string, option: RegExp) => {
    await page.getByRole('combobox', { name, exact: true }).click();
    await page.getByRole('listbox', { name }).getByRole('option', { name: option }).first().click();
  };
  await choose('Integration', /./);
  await choose('Operation', /Count the tickets/);
  await choose('Connection', /./);
  await page.getByRole('region', { name: 'Inputs' }).getByRole('button', { name: 'view_id: use a template' }).click();
  await write(page, /^view_id/, '{{ event.queue }}');
  await saved(page);
  await expectAccessible(page);
  await expect.poll(async () => (await site.api<Draft>('GET', '/v1/flows/saved-call/draft')).nodes.call).toMatchObject({ mode: 'integration', integrationSlug: 'desk', integrationVersion: 1, operationKey: 'countTickets', connectionId: 'desk-main', inputs: { view_id: '{{ event.queue }}' } });
  await tab(page, 'Test call');
  await page.getByRole('textbox', { name: 'Test value of event.queue' }).fill('25');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const test = page.getByRole('region', { name: 'Test call' });
  await expect(test.getByText('"view_count"')).toBeVisible();
  await test.getByRole('tab', { name: 'Request' }).click();
  await expect(test.getByText(/^Basic \*\*\*/)).toBeVisible();
});

async function hostileApi(): Promise<{ url: string; server: Server }> {
  const deep = (levels: number): unknown => (levels === 0 ? 'bottom' : { child: deep(levels - 1) });
  const bodies: Record<string, string> = {
    '/markup': JSON.stringify({ '<img src=x onerror=alert(1)>': '<script>alert(2)</script>', link: 'javascript:alert(3)', rtl: '\u202Egnp.exe', ansi: '\u001b[31mred', emoji: '👩‍👩‍👧‍👦' }),
    '/big': JSON.stringify({ items: Array.from({ length: 60_000 }, (_, index) => ({ index, note: 'lorem ipsum dolor sit amet, consectetur adipiscing' })) }),
    '/deep': JSON.stringify(deep(100)),
  };
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': request.url === '/html' ? 'text/html' : 'application/json', 'x-note': '<img src=x onerror=alert(4)>' });
    response.end(bodies[request.url ?? ''] ?? '<script>alert(5)</script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  return { url: `http://127.0.0.2:${(server.address() as AddressInfo).port}`, server };
}

test('whatever an API answers is shown as text, and the page stays quick', async ({ page, site, logIn }) => {
  const { url, server } = await hostileApi();
  await site.api('PUT', '/v1/flows/hostile-call/draft', flow('hostile-call', { mode: 'http', url: `${url}/{{ vars.what }}`, responseBytesMax: 8_000_000, cases: [{ on: '2xx', to: 'pop' }] }));
  await logIn('editor');
  await page.goto('/flows/hostile-call?node=call&panel=test');
  const test = page.getByRole('region', { name: 'Test call' });
  const send = async (what: string) => {
    await test.getByRole('textbox', { name: 'Test value of vars.what' }).fill(what);
    await test.getByRole('button', { name: 'Send', exact: true }).click();
  };
  await send('markup');
  await expect(test.getByText('"<script>alert(2)</script>"')).toBeVisible();
  await expect(test.getByText('\\u202egnp.exe')).toBeVisible();
  await expect(test.getByText('\\u001b[31mred')).toBeVisible();
  await expect(test.getByText('<img src=x onerror=alert(4)>')).toBeVisible();
  await expect(page.locator('img[src="x"], a[href^="javascript:"]')).toHaveCount(0);
  await send('html');
  await expect(test.getByText('<script>alert(5)</script>')).toBeVisible();
  await send('deep');
  await expect(test.getByText('"child": {1}').first()).toBeVisible();
  await send('big');
  await expect(test.getByText(/This is the beginning of/)).toBeVisible();
  server.close();
});
