import { box, drag, draft, makeFlow, middle, onWire, saved, three } from './canvas';
import { largeFlow } from './large-flow';
import { expect, expectAccessible, test } from './test';

// The view does not glide: what is aimed at stands still.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('a flow is drawn with the mouse, undone, and published', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api);
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  // The first node, from the empty canvas.
  await page.getByRole('button', { name: 'Add the first node' }).click();
  await page.getByRole('option', { name: /^Message/ }).click();
  await expect(box(page, /^Message Message, start/)).toBeVisible();
  // A second by pulling a wire to an empty place.
  const out = page.locator('[data-id="message"] .react-flow__handle.source');
  const from = await middle(out);
  await drag(page, from, { x: from.x + 160, y: from.y + 120 });
  await page.getByRole('dialog', { name: 'Add a node' }).getByRole('option', { name: /^Wait/ }).click();
  await expect(page.locator('.react-flow__edge[data-id="message next"]')).toHaveCount(1);
  // A third from the palette, dropped on that wire.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add node' }).click();
  await drag(page, await middle(page.getByRole('option', { name: /^End/ })), await onWire(page, 'message next'));
  await expect(box(page, /^End End/)).toBeVisible();
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes).toMatchObject({ message: { next: 'end' }, wait: { type: 'wait' } });
  // Wired by dragging from outlet to node.
  await page.getByRole('button', { name: 'Fit the flow in' }).click();
  await page.getByRole('button', { name: 'Undo: add End' }).click();
  await expect(box(page, /^End End/)).toHaveCount(0);
  await page.keyboard.press('Control+Shift+Z');
  await expect(box(page, /^End End/)).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(box(page, /^End End/)).toHaveCount(0);
  await saved(page);
  await expect.poll(async () => Object.keys((await draft(site, slug)).nodes)).toEqual(['message', 'wait']);
});

test('wires are pulled from an outlet to a node, and nodes are put on a wire by its plus', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api, { hello: { type: 'message', name: 'Hello', text: 'Hi' } as never, done: { type: 'end', name: 'Done' } }, 'hello');
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  await drag(page, await middle(page.locator('[data-id="hello"] .react-flow__handle.source')), await middle(box(page, /^End Done/)));
  const wire = page.locator('.react-flow__edge[data-id="hello next"]');
  await expect(wire).toHaveCount(1);
  const at = await onWire(page, 'hello next');
  await page.mouse.move(at.x, at.y);
  await page.getByRole('button', { name: 'Insert a node here' }).click();
  await page.getByRole('dialog', { name: 'Add a node' }).getByRole('option', { name: /^Wait/ }).click();
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes).toMatchObject({ hello: { next: 'wait' }, wait: { next: 'done' } });
  // The end of a wire is pulled to another node, and let go where none is.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  await expect(box(page, /^Wait/)).toBeInViewport();
  const end = page.locator('.react-flow__edge[data-id="hello next"] .react-flow__edgeupdater-target');
  await drag(page, await middle(end), await middle(box(page, /^End Done/)));
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.next).toBe('done');
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.next).toBe('wait');
  const loose = await middle(end);
  await drag(page, loose, { x: loose.x, y: loose.y + 250 });
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.next).toBeUndefined();
  await page.keyboard.press('Control+z');
  // A wire is chosen with a click, and taken away.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  // Beside the plus in its middle.
  const { x, y } = await onWire(page, 'hello next', 0.2);
  await page.mouse.click(x, y);
  await page.keyboard.press('Delete');
  await expect(page.locator('.react-flow__edge[data-id="hello next"]')).toHaveCount(0);
});

test('nodes are moved, chosen together, copied to another flow and deleted', async ({ page, site, logIn, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const slug = await makeFlow(site.api, three, 'hello');
  const other = await makeFlow(site.api);
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  const pause = box(page, /^Wait Pause/);
  const from = await middle(pause);
  await drag(page, from, { x: from.x, y: from.y + 150 });
  await page.keyboard.press('Escape');
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).layout?.pause).toBeDefined();
  const { layout } = await draft(site, slug);
  expect(layout!.pause!.y).toBeGreaterThan(layout!.hello!.y + 50);
  expect(layout!.pause!.y % 10).toBe(0);
  // Chosen one by one, and by a box that is drawn around them.
  await box(page, /^Message Hello/).click();
  await pause.click({ modifiers: ['Shift'] });
  await expect(page.locator('.react-flow__node.selected')).toHaveCount(2);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.locator('.react-flow__node.selected')).toHaveCount(0);
  const first = (await box(page, /^Message Hello/).boundingBox())!;
  const last = (await pause.boundingBox())!;
  await page.keyboard.down('Shift');
  await drag(page, { x: first.x - 20, y: first.y - 30 }, { x: last.x + last.width / 2, y: last.y + last.height + 20 });
  await page.keyboard.up('Shift');
  await expect(page.locator('.react-flow__node.selected')).toHaveCount(2);
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await expect(page.locator('.react-flow__node-step')).toHaveCount(5);
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes).toMatchObject({ hello2: { next: 'pause2' } });
  await page.keyboard.press('Delete');
  await expect(page.locator('.react-flow__node-step')).toHaveCount(3);
  await saved(page);
  await page.goto(`/flows/${other}`);
  await expect(page.getByRole('heading', { name: 'This flow has no nodes yet' })).toBeVisible();
  await page.keyboard.press('Control+v');
  await expect(box(page, /^Message Hello, start/)).toBeVisible();
  await saved(page);
  await expect.poll(async () => (await draft(site, other)).nodes).toMatchObject({ hello: { next: 'pause' }, pause: { type: 'wait' } });
});

test('a flow is drawn and published with the keyboard alone', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api);
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  await expect(page.getByRole('heading', { name: 'This flow has no nodes yet' })).toBeVisible();
  await page.keyboard.press('a');
  await page.keyboard.type('hand');
  await page.keyboard.press('Enter');
  await expect(box(page, /^Hand-off/)).toBeFocused();
  // After it, an end.
  await page.keyboard.press('a');
  await page.keyboard.type('end the');
  await page.keyboard.press('Enter');
  await expect(box(page, /^End End/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(box(page, /^Hand-off/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(box(page, /^Trigger/)).toBeFocused();
  await page.keyboard.press('ArrowRight');
  // Its panel, and back.
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('To a person');
  await page.keyboard.press('Escape');
  await expect(box(page, /^Hand-off To a person/)).toBeFocused();
  // Unwire, and wire again by name.
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'Lead on from To a person' });
  await dialog.getByRole('combobox', { name: 'Leads to' }).press('Enter');
  await page.keyboard.type('nowhere');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Connect' }).press('Enter');
  await expect(page.locator('.react-flow__edge')).toHaveCount(1);
  await expect(box(page, /^Hand-off To a person/)).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(page.locator('.react-flow__edge')).toHaveCount(2);
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByRole('button', { name: 'Undo: move To a person' })).toBeEnabled();
  // Search, from anywhere.
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox', { name: 'Find a node' })).toBeFocused();
  await page.keyboard.type('end');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Node End' })).toBeVisible();
  await saved(page);
});

test('what is to be published is shown with what the check says of it', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api, { ...three, hello: { type: 'message', name: 'Hello', text: '{{ vars.', next: 'pause' } as never }, 'hello');
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  await expect(box(page, /^Message Hello, start, 1 error/)).toBeVisible();
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByRole('dialog').getByText('1 error must be mended before this draft can be published.')).toBeVisible();
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Publish' })).toBeDisabled();
  await page.getByRole('button', { name: 'Show all problems' }).click();
  await expectAccessible(page);
  await page.getByRole('region', { name: 'Problems' }).getByRole('button', { name: /Hello/ }).click();
  await expect(page.getByRole('complementary', { name: 'Node Hello' })).toBeVisible();
  await site.api('PUT', `/v1/flows/${slug}/draft`, { kind: 'flow', slug, name: 'Drawn', trigger: { type: 'event', event: 'call.connected' }, start: 'hello', nodes: three });
  await page.reload();
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('This is the first version: all of it is new.')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Version 1 is published.')).toBeVisible();
  // A change of it, field by field.
  await box(page, /^Message Hello/).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Welcome');
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish this draft' });
  await expect(dialog.getByText('before: Hello')).toBeAttached();
  await expect(dialog.getByText('after: Welcome')).toBeAttached();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Version 2', { exact: true })).toBeVisible();
  // An old version, to look at and to bring back.
  await page.getByRole('button', { name: 'More', exact: true }).first().click();
  await page.getByRole('menuitem', { name: 'Versions' }).click();
  await page.getByRole('link', { name: /Version 1/ }).click();
  await expect(page.getByRole('heading', { name: 'Drawn, version 1' })).toBeVisible();
  await expect(box(page, /^Message Hello/)).toBeVisible();
  await page.getByRole('button', { name: 'Restore as draft' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Restore' }).click();
  await expect(box(page, /^Message Hello/)).toBeVisible();
  await expect(page.getByText('Version 2, changed')).toBeVisible();
});

test('what somebody else wrote is never written over in silence', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api, three, 'hello');
  await logIn('editor');
  // As if the stream of changes did not come through.
  await page.route('**/draft/stream', (route) => route.abort());
  await page.goto(`/flows/${slug}`);
  await expect(box(page, /^Message Hello/)).toBeVisible();
  const theirs = (text: string) => site.api('PUT', `/v1/flows/${slug}/draft`, { kind: 'flow', slug, name: text, trigger: { type: 'api' }, start: 'done', nodes: { done: { type: 'end', name: text } } });
  await theirs('Theirs');
  await box(page, /^Message Hello/).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mine');
  const dialog = page.getByRole('dialog', { name: 'Somebody else changed this draft' });
  await expect(dialog.getByText('Only in mine')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Take theirs' }).click();
  await expect(box(page, /^End Theirs, start/)).toBeVisible();
  await page.getByRole('button', { name: 'Bring mine back' }).click();
  await expect(box(page, /^Message Mine/)).toBeVisible();
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.name).toBe('Mine');
  await theirs('Theirs again');
  await box(page, /^Message Mine/).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Still mine');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.name).toBe('Still mine');
});

test('what is edited while the server is away is saved when it is back', async ({ page, site, logIn, context }) => {
  const slug = await makeFlow(site.api, three, 'hello');
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  await box(page, /^Message Hello/).click();
  await context.setOffline(true);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Away');
  await expect(page.getByText('Not saved: the server cannot be reached.')).toBeVisible();
  await context.setOffline(false);
  await saved(page);
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.name).toBe('Away');
});

test('a tab that was closed too early loses nothing', async ({ page, site, logIn, context }) => {
  const slug = await makeFlow(site.api, three, 'hello');
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  await box(page, /^Message Hello/).click();
  await context.setOffline(true);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Not lost');
  await expect(page.getByText('Not saved: the server cannot be reached.')).toBeVisible();
  await page.close({ runBeforeUnload: false });
  await context.setOffline(false);
  const again = await context.newPage();
  await again.goto(`/flows/${slug}`);
  await expect(box(again, /^Message Not lost/)).toBeVisible();
  await saved(again);
  await expect.poll(async () => (await draft(site, slug)).nodes.hello!.name).toBe('Not lost');
});

test('a draft in YAML is rewritten only after a question', async ({ page, site, logIn }) => {
  await site.example('status-routing');
  await logIn('editor');
  await page.goto('/flows/status-routing');
  await page.locator('.react-flow__node-step').first().click();
  const name = page.getByRole('textbox', { name: 'Name', exact: true });
  const before = await name.inputValue();
  await name.press('End');
  await name.press('!');
  const question = page.getByRole('alertdialog', { name: 'Save this flow as JSON?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(name).toHaveValue(before);
  await name.press('End');
  await name.press('!');
  await question.getByRole('button', { name: 'Edit as JSON' }).click();
  await expect(name).toHaveValue(`${before}!`);
  await saved(page);
});

test('a viewer looks at a flow, and finds nothing that edits it', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api, three, 'hello');
  await logIn('viewer');
  await page.goto(`/flows/${slug}`);
  await box(page, /^Message Hello/).click();
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).not.toBeEditable();
  for (const name of ['Add node', 'Publish', 'Tidy up', /^Undo/]) await expect(page.getByRole('button', { name })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Delete');
  await page.keyboard.press('a');
  await expect(page.locator('.react-flow__node-step')).toHaveCount(3);
  await expectAccessible(page);
});

test('the canvas, its panel and its lists have no violation that axe finds', async ({ page, site, logIn }) => {
  await site.example('caller-lookup');
  await logIn('editor');
  await page.goto('/flows/caller-lookup?node=lookup');
  await expect(page.getByRole('complementary', { name: /Find the caller/ })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('listbox', { name: 'Nodes in the order of the flow' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add node' }).click();
  await expect(page.getByRole('listbox', { name: 'Kinds of nodes' })).toBeVisible();
  await expectAccessible(page);
});

test('500 nodes are drawn, panned, zoomed and searched', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/flows/large/draft', largeFlow('large', 500));
  await logIn('editor');
  await page.goto('/flows/large');
  await expect(box(page, /^API call Step 1, start/)).toBeVisible();
  await page.mouse.move(800, 450);
  await page.mouse.wheel(2_000, 600);
  await expect(box(page, /^API call Step 1, start/)).toHaveCount(0);
  await page.keyboard.press('/');
  await page.keyboard.type('Step 333');
  await page.keyboard.press('Enter');
  await expect(box(page, /^API call Step 333/)).toBeInViewport();
  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  await expect(page.locator('.react-flow__node-step')).toHaveCount(500);
  await expect(page.getByRole('img', { name: 'Map of the flow' })).toBeVisible();
});

test('what was counted stands at the nodes and on the wires', async ({ page, site, logIn }) => {
  const slug = await makeFlow(site.api, three, 'hello');
  await site.api('POST', `/v1/flows/${slug}/publish`);
  await site.api('POST', `/v1/flows/${slug}/runs`, {});
  await logIn('viewer');
  await page.goto(`/flows/${slug}`);
  await page.getByRole('button', { name: 'Show the counts' }).click();
  const counts = page.getByRole('region', { name: 'Counts' });
  await counts.getByRole('radio', { name: 'Version 1' }).click();
  await counts.getByRole('radio', { name: '1 h' }).click();
  await expect(box(page, /^Message Hello/)).toContainText('1 ok · p95');
  await expect(page.getByTitle(/^1 visits? left here/).first()).toBeVisible();
});

test('two editors on one flow see each other, and what the other changed', async ({ page, site, logIn, browser }) => {
  const slug = await makeFlow(site.api, three, 'hello');
  await logIn('editor');
  await page.goto(`/flows/${slug}`);
  await expect(box(page, /^Message Hello/)).toBeVisible();
  const email = `second-${process.pid}@example.com`;
  const { oneTimePassword } = await site.api<{ oneTimePassword: string }>('POST', '/v1/members', { email, name: 'Second Editor', role: 'editor' });
  const context = await browser.newContext({ baseURL: site.url });
  const second = await context.newPage();
  await second.goto('/login');
  await second.evaluate(
    async ([email, first]) => {
      const post = (path: string, body: unknown) => fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      await post('/v1/session', { email, password: first });
      await post('/v1/session/password', { current: first, new: 'a long enough password' });
    },
    [email, oneTimePassword] as const,
  );
  await second.goto(`/flows/${slug}`);
  await expect(second.getByRole('img', { name: 'Also here: The editor' })).toBeVisible();
  await expect(page.getByRole('img', { name: 'Also here: Second Editor' })).toBeVisible();
  await box(second, /^Message Hello/).click();
  await second.getByRole('textbox', { name: 'Name', exact: true }).fill('From the other');
  // It comes without a question where nothing is unsaved.
  await expect(box(page, /^Message From the other/)).toBeVisible();
  await expect(page.getByText('Second Editor changed the draft.')).toBeVisible();
  // And goes on from there.
  await box(page, /^Message From the other/).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('And back');
  await expect(box(second, /^Message And back/)).toBeVisible();
  await context.close();
  await expect(page.getByRole('img', { name: /^Also here/ })).toHaveCount(0);
});
