// The panels of all kinds but the API call, on a real draft.
import type { Site } from './site';
import { expect, expectAccessible, test } from './test';

const nodes = {
  set: { type: 'setVars', name: 'Remember', set: { tries: 1, who: '{{ event.from }}', list: [1, { a: null }] }, next: 'branch' },
  branch: { type: 'branch', name: 'Which way', cases: [{ name: 'again', when: 'vars.tries > 1', to: 'say' }], next: 'pop' },
  say: { type: 'message', name: 'Say hello', text: { default: 'Hello {{ event.from }}', de: 'Hallo' }, next: 'pause' },
  pause: { type: 'wait', name: 'A while', duration: '5m', next: 'part' },
  pop: { type: 'screenPop', name: 'Show it', to: '{{ event.agent }}', title: '{{ event.from }}', url: 'https://crm.example/{{ event.from }}', fields: [{ label: 'From', value: '{{ event.from }}' }], next: 'people' },
  people: { type: 'handoff', name: 'To people', group: 'front-desk', note: 'They called', next: 'part' },
  part: { type: 'goToFlow', name: 'Do the rest', flow: 'rest', mode: 'subFlow', inputs: { n: 1 }, resultVariable: 'answer', cases: [{ on: 'failed', to: 'done' }], next: 'done' },
  done: { type: 'end', name: 'Done', status: 'completed', result: { ok: '{{ vars.tries }}' } },
};

type Draft = { trigger: Record<string, unknown>; nodes: Record<string, Record<string, unknown>> };

async function draw(site: Site, slug: string) {
  await site.api('PUT', '/v1/flows/rest/draft', { kind: 'flow', slug: 'rest', trigger: { type: 'api' }, start: 'done', nodes: { done: { type: 'end' } } });
  await site.api('PUT', `/v1/flows/${slug}/draft`, { kind: 'flow', slug, name: 'All kinds', trigger: { type: 'event', event: 'call.connected' }, start: 'set', nodes });
}

test('every kind has its panel, and each can be read and used without a mouse or eyes', async ({ page, site, logIn }) => {
  // Eight pages are looked at from end to end.
  test.slow();
  await draw(site, 'all-kinds');
  await logIn('editor');
  for (const [id, node] of Object.entries(nodes)) {
    await page.goto(`/flows/all-kinds?node=${id}`);
    const panel = page.getByLabel(`Node ${node.name}`);
    await expect(panel.getByRole('status', { name: 'Loading' })).toHaveCount(0);
    await expect(panel.locator('[data-field]').first()).toBeVisible();
    await expectAccessible(page);
  }
});

test('what is edited in a panel is what the draft says', async ({ page, site, logIn }) => {
  await draw(site, 'edited');
  await logIn('editor');
  const draft = () => site.api<Draft>('GET', '/v1/flows/edited/draft');

  await page.goto('/flows/edited?node=set');
  await page.getByRole('button', { name: 'Add variable' }).click();
  await page.getByRole('textbox', { name: 'Name of variable 4' }).fill('vip');
  await page.getByLabel('Type of Value of vip').selectOption('Yes/no');
  await page.getByLabel('Value of vip', { exact: true }).selectOption('Yes');
  await expect.poll(async () => (await draft()).nodes.set!.set).toEqual({ ...nodes.set.set, vip: true });

  await page.goto('/flows/edited?node=say');
  await page.getByRole('button', { name: 'Add a language' }).click();
  await page.getByRole('combobox', { name: 'Language' }).fill('fr');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('textbox', { name: 'French (fr)' }).click();
  await page.keyboard.type('Bonjour');
  await expect(page.getByText('Bonjour')).toHaveCount(2);
  await expect.poll(async () => (await draft()).nodes.say!.text).toEqual({ ...nodes.say.text, fr: 'Bonjour' });

  await page.goto('/flows/edited?node=branch');
  await page.getByRole('button', { name: 'Add case' }).click();
  await page.getByRole('textbox', { name: 'Else if' }).click();
  await page.keyboard.type("event.from == ''");
  await page.keyboard.press('Tab');
  await page.getByRole('list', { name: 'Cases' }).getByRole('combobox', { name: 'Go on to' }).last().click();
  await page.getByRole('option', { name: /^Done/ }).click();
  await page.getByRole('button', { name: 'Move case 2', exact: true }).focus();
  await page.keyboard.press('ArrowUp');
  await expect.poll(async () => (await draft()).nodes.branch!.cases).toEqual([{ when: "event.from == ''", to: 'done' }, ...nodes.branch.cases]);
});

test('the trigger is edited by what the server knows of triggers', async ({ page, site, logIn }) => {
  await draw(site, 'trigger');
  await logIn('editor');
  await page.goto('/flows/trigger');
  await page.getByText('Event call.connected').click();
  const panel = page.getByLabel('Trigger', { exact: true });
  await expect(panel.getByRole('region', { name: 'the command' })).toContainText('/v1/events');
  await panel.getByRole('textbox', { name: 'When' }).click();
  await page.keyboard.type("event.from != ''");
  await page.keyboard.press('Tab');
  await expect.poll(async () => (await site.api<Draft>('GET', '/v1/flows/trigger/draft')).trigger).toEqual({ type: 'event', event: 'call.connected', when: "event.from != ''" });
  await expectAccessible(page);
  await panel.getByLabel('What starts a run').selectOption('A call of the API');
  await expect.poll(async () => (await site.api<Draft>('GET', '/v1/flows/trigger/draft')).trigger).toEqual({ type: 'api' });
  await expect(panel.getByRole('region', { name: 'the command' })).toContainText('/v1/flows/trigger/runs');
});
