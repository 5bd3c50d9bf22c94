// The whole way of a builder: from nothing to a flow that runs, once with the mouse and once without it.
import type { Locator, Page } from '@playwright/test';
import { box, saved } from './canvas';
import { expect, test } from './test';

interface Doc {
  nodes: Record<string, { type: string; to?: string; outputs?: { var: string; path: string }[]; cases?: { on: unknown; to: string }[] }>;
}

interface Run {
  id: string;
  status: string;
  steps: { node: string; outcome: string }[];
  effects: { type: string; data: { title?: string } }[];
}

const known = { name: 'call.connected', from: '+442079460018', agent: 'agent-7' };

const panel = (page: Page, name: string) => page.getByRole('complementary', { name: `Node ${name}` });

/** What stands in a field with templates is its own editor: it is clicked and typed into. */
async function write(page: Page, field: Locator, text: string) {
  await field.click();
  await page.keyboard.press('Control+a');
  // As one insertion: typing braces by hand would have the editor close them.
  await page.keyboard.insertText(text);
}

/** Pulls a wire from an outlet to an empty place, and chooses what comes after it. */
async function pull(page: Page, outlet: Locator, by: { x: number; y: number }, kind: RegExp) {
  const at = (await outlet.boundingBox())!;
  const from = { x: at.x + at.width / 2, y: at.y + at.height / 2 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + by.x / 2, from.y + by.y / 2, { steps: 6 });
  await page.mouse.move(from.x + by.x, from.y + by.y, { steps: 6 });
  await page.mouse.up();
  await page.getByRole('dialog', { name: 'Add a node' }).getByRole('option', { name: kind }).click();
}

test('the caller look-up is built from blank with the mouse, tested, published and run', async ({ page, site, logIn }) => {
  await site.example('caller-lookup');
  await logIn('admin');
  await page.goto('/flows');
  await expect(page.getByRole('link', { name: 'Caller lookup' })).toBeVisible();
  await page.getByRole('button', { name: 'New flow' }).click();
  const dialog = page.getByRole('dialog', { name: 'New flow' });
  await dialog.getByLabel('Name').fill('Who is calling');
  await dialog.getByLabel('Event').fill('call.connected');
  await dialog.getByRole('button', { name: 'Create flow' }).click();
  await expect(page).toHaveURL(/\/flows\/who-is-calling/);

  // The call: where to, and what it asks for.
  const at = await page.locator('.react-flow__edge .react-flow__edge-path').first().evaluate((path: SVGPathElement) => {
    const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
    const { a, d, e, f } = path.getScreenCTM()!;
    return { x: x * a + e, y: y * d + f };
  });
  await page.mouse.move(at.x, at.y);
  await page.getByRole('button', { name: 'Insert a node here' }).click();
  await page.getByRole('dialog', { name: 'Add a node' }).getByRole('option', { name: /^API call/ }).click();
  await box(page, /^API call/).click();
  const call = panel(page, 'API call');
  await call.getByRole('textbox', { name: 'Name' }).fill('Find the caller');
  const lookup = panel(page, 'Find the caller');
  await write(page, lookup.getByRole('textbox', { name: 'URL' }), `${site.upstream}/crm/contacts`);
  await lookup.getByRole('button', { name: /^Query/ }).click();
  await lookup.getByRole('button', { name: 'Add parameter' }).click();
  await lookup.getByRole('textbox', { name: 'Parameter 1: name' }).fill('phone');
  await write(page, lookup.getByRole('textbox', { name: 'Parameter phone: value' }), '{{ event.from }}');

  // The test call, and two values of its answer kept as variables.
  await lookup.getByRole('tab', { name: 'Test call' }).click();
  await lookup.getByRole('textbox', { name: 'Test value of event.from' }).fill(known.from);
  await lookup.getByRole('button', { name: 'Send' }).click();
  const body = lookup.getByRole('list', { name: 'The body' });
  await body.getByRole('button', { name: /"name": "Ada Lovelace"/ }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('customer_name');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await body.getByRole('button', { name: /"id": "c-1815"/ }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('contact_id');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.keyboard.press('Escape');

  // What comes after it.
  const node = box(page, /^API call Find the caller/);
  await pull(page, node.locator('[data-handleid="case:0"]'), { x: 200, y: -120 }, /^Screen pop/);
  await box(page, /^Screen pop/).click();
  const pop = panel(page, 'Screen pop');
  await write(page, pop.getByRole('textbox', { name: 'Title' }), '{{ vars.customer_name }}');
  await write(page, pop.getByRole('textbox', { name: 'Page to open' }), 'https://crm.example/c/{{ vars.contact_id }}');
  await page.keyboard.press('Escape');
  await pull(page, node.locator('[data-handleid="default:other"]'), { x: 200, y: 120 }, /^Message/);
  await box(page, /^Message/).click();
  await write(page, panel(page, 'Message').getByRole('textbox', { name: 'Text' }), 'We cannot look you up just now.');
  await saved(page);
  await expect.poll(async () => (await site.api<Doc>('GET', '/v1/flows/who-is-calling/draft')).nodes.apiCall).toMatchObject({
    outputs: [
      { var: 'customer_name', path: '$.contacts[0].name' },
      { var: 'contact_id', path: '$.contacts[0].id' },
    ],
    cases: [{ on: '2xx', to: 'screenPop' }, { on: 'other', to: 'message' }],
  });

  await publishAndRun(page, site);
});

/** Goes on with Tab until this has the focus; what Tab does not reach cannot be reached. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  await expect(target.first()).toBeVisible();
  for (let count = 0; count < 150; count++) {
    if (await target.first().evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab does not reach ${target}`);
}

/** Goes to a control and writes into it. */
async function type(page: Page, target: Locator, text: string) {
  await tabTo(page, target);
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

async function press(page: Page, target: Locator, key = 'Enter') {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

test('the same with the keyboard alone', async ({ page, site, logIn }) => {
  test.setTimeout(120_000);
  const slug = 'called-by-keys';
  await site.example('caller-lookup');
  await logIn('admin');
  await page.goto('/flows');
  await expect(page.getByRole('link', { name: 'Caller lookup' })).toBeVisible();
  await press(page, page.getByRole('button', { name: 'New flow' }));
  const dialog = page.getByRole('dialog', { name: 'New flow' });
  await type(page, dialog.getByLabel('Name'), 'Called by keys');
  await type(page, dialog.getByLabel('Event'), 'call.connected');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(slug));

  // The call, between the trigger and the end.
  await tabTo(page, box(page, /^Trigger/));
  await page.keyboard.press('a');
  await page.keyboard.type('api call');
  await page.keyboard.press('Enter');
  await expect(box(page, /^API call/)).toBeFocused();
  await page.keyboard.press('Enter');
  await type(page, panel(page, 'API call').getByRole('textbox', { name: 'Name' }), 'Find the caller');
  const call = panel(page, 'Find the caller');
  await type(page, call.getByRole('textbox', { name: 'URL' }), `${site.upstream}/crm/contacts`);
  await press(page, call.getByRole('button', { name: /^Query/ }));
  await press(page, call.getByRole('button', { name: 'Add parameter' }));
  await type(page, call.getByRole('textbox', { name: 'Parameter 1: name' }), 'phone');
  await type(page, call.getByRole('textbox', { name: 'Parameter phone: value' }), '{{ event.from }}');

  // The test call, and a value of its answer.
  await tabTo(page, call.getByRole('tab', { name: 'Set up' }), 'Shift+Tab');
  await page.keyboard.press('ArrowRight');
  await type(page, call.getByRole('textbox', { name: 'Test value of event.from' }), known.from);
  await press(page, call.getByRole('button', { name: 'Send' }));
  await press(page, call.getByRole('list', { name: 'The body' }).getByRole('button', { name: /"name": "Ada Lovelace"/ }));
  await type(page, page.getByRole('dialog').getByLabel('Name'), 'customer_name');
  await press(page, page.getByRole('dialog').getByRole('button', { name: 'Save' }));
  await expect(page.getByText('customer_name is set from this answer.')).toBeVisible();
  await page.keyboard.press('Escape');
  const node = box(page, /^API call Find the caller/);
  await expect(node).toBeFocused();

  // The screen pop on its first way out, and every other outcome to the end.
  await page.keyboard.press('a');
  await page.keyboard.type('screen pop');
  await page.keyboard.press('Enter');
  await expect(box(page, /^Screen pop/)).toBeFocused();
  await page.keyboard.press('Enter');
  const pop = panel(page, 'Screen pop');
  await type(page, pop.getByRole('textbox', { name: 'Title' }), '{{ vars.customer_name }}');
  await type(page, pop.getByRole('textbox', { name: 'Page to open' }), 'https://crm.example/c');
  await page.keyboard.press('Escape');
  await expect(box(page, /^Screen pop/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(node).toBeFocused();
  await page.keyboard.press('c');
  const lead = page.getByRole('dialog', { name: 'Lead on from Find the caller' });
  await tabTo(page, lead.getByRole('combobox', { name: 'Way out' }));
  // As in every list of the browser: the letters choose.
  await page.keyboard.type('other');
  await press(page, lead.getByRole('combobox', { name: 'Leads to' }));
  await page.keyboard.type('done');
  await page.keyboard.press('Enter');
  await press(page, lead.getByRole('button', { name: 'Connect' }));
  await expect(node).toBeFocused();
  await saved(page);
  await expect.poll(async () => (await site.api<Doc>('GET', `/v1/flows/${slug}/draft`)).nodes.apiCall).toMatchObject({ cases: [{ on: '2xx', to: 'screenPop' }, { on: 'other', to: 'done' }], outputs: [{ var: 'customer_name', path: '$.contacts[0].name' }] });

  // Published, run, and looked at.
  await press(page, page.getByRole('button', { name: 'Publish' }));
  await press(page, page.getByRole('dialog').getByRole('button', { name: 'Publish' }));
  await expect(page.getByText('Version 1 is published.')).toBeVisible();
  await site.api('POST', '/v1/events', known);
  await press(page, page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }));
  await press(page, page.getByRole('main').getByRole('link', { name: new RegExp(slug) }));
  await expect(page.getByText('completed').first()).toBeVisible();
  await expect(page.getByText('Ada Lovelace').first()).toBeVisible();
});

type Site = Parameters<Parameters<typeof test>[2]>[0]['site'];

/** Publishes the open flow, sends the event, and looks at the run. */
async function publishAndRun(page: Page, site: Site) {
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Version 1 is published.')).toBeVisible();
  const { runs } = await site.api<{ runs: { id: string; flow: string }[] }>('POST', '/v1/events', known);
  const { id } = runs.find(({ flow }) => flow === 'who-is-calling')!;
  await page.goto('/runs?flow=who-is-calling');
  await page.getByRole('link', { name: /who-is-calling/ }).first().click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(page.getByText('completed').first()).toBeVisible();
  await expect(page.getByText('Find the caller').first()).toBeVisible();
  await expect(page.getByText('Ada Lovelace').first()).toBeVisible();
  const run = await site.api<Run>('GET', `/v1/runs/${id}`);
  expect(run.status).toBe('completed');
  expect(run.effects).toMatchObject([{ type: 'screenPop', data: { title: 'Ada Lovelace' } }]);
}
