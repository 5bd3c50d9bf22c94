// A draft is tried in the editor: what the customer and the agent would see.
import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './test';

/** The event that this browser tries the flow with. */
async function sample(page: Page, slug: string, event: object) {
  await page.addInitScript(([key, value]) => localStorage.setItem(key!, value!), [`callout.samples.default.${slug}`, JSON.stringify({ event, contact: {}, vars: {} })]);
}

test('an event is sent to the draft, and messages and screen pops stand there as they would be seen', async ({ page, site, logIn }) => {
  await site.example('caller-lookup');
  const runs = async () => (await site.api<{ items: { id: string }[] }>('GET', '/v1/runs?flow=caller-lookup')).items.map((run) => run.id);
  const before = await runs();
  await logIn('editor');
  await sample(page, 'caller-lookup', { name: 'call.connected', from: '+442079460018', agent: 'agent-7' });
  await page.goto('/flows/caller-lookup');
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  const panel = page.getByLabel('Try the flow');
  await expect(panel.getByText('See it as they would')).toBeVisible();
  await expectAccessible(page);
  await panel.getByRole('button', { name: 'Send the event' }).click();
  const card = panel.getByRole('article', { name: 'Screen pop to agent-7' });
  await expect(card).toContainText('Ada Lovelace');
  await expect(panel.getByRole('status')).toContainText('completed');
  const steps = panel.getByRole('list', { name: 'Steps' });
  await expect(steps).toContainText('Find the caller in the CRM');
  await expectAccessible(page);
  await steps.getByRole('button', { name: /^Find the caller in the CRM/ }).click();
  await expect(steps.getByRole('list', { name: 'Attempts' })).toBeVisible();
  await panel.getByRole('button', { name: 'Show Show the record on the canvas' }).click();
  await expect(page.getByLabel('Node Show the record')).toBeVisible();
  // Nothing of a trial is kept.
  expect(await runs()).toEqual(before);
});

test('a trial that may change something asks first, and a draft with errors says which', async ({ page, site, logIn }) => {
  const flow = {
    kind: 'flow',
    slug: 'writes',
    trigger: { type: 'event', event: 'order.placed' },
    start: 'push',
    nodes: {
      push: { type: 'apiCall', name: 'Push it', mode: 'http', method: 'POST', url: `${site.upstream}/nothing-there`, body: { type: 'json', value: { a: 1 } }, next: 'say' },
      say: { type: 'message', name: 'Tell them', text: 'It came to {{ vars.httpStatus }}.' },
    },
  };
  await site.api('PUT', '/v1/flows/writes/draft', flow);
  await logIn('editor');
  await page.goto('/flows/writes');
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  const panel = page.getByLabel('Try the flow');
  await panel.getByRole('button', { name: 'Send the event' }).click();
  const question = page.getByRole('alertdialog', { name: 'Send this for real?' });
  await expect(question).toContainText('push');
  await expect(question).toContainText('POST');
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Send it' }).click();
  await expect(panel.getByText('It came to 404.')).toBeVisible();

  await site.api('PUT', '/v1/flows/broken/draft', { ...flow, slug: 'broken', nodes: { ...flow.nodes, push: { ...flow.nodes.push, url: 'nothing' } } });
  await page.goto('/flows/broken');
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  await panel.getByRole('button', { name: 'Send the event' }).click();
  await panel.getByRole('list', { name: 'Problems' }).getByRole('button', { name: 'nodes.push.url' }).first().click();
  await expect(page.getByLabel('Node Push it')).toBeVisible();
});
