// The list of runs and a run, with real events, calls and upstreams.
import type { Page } from '@playwright/test';
import type { Site } from './site';
import { expect, expectAccessible, test } from './test';

const known = '+442079460018';
const unknown = '+15550100';
const slow = '+442079460099';

let made = false;

/** The caller look-up and a flow that waits, published once for all. */
async function flows(site: Site) {
  if (made) return;
  made = true;
  await site.example('caller-lookup');
  await site.api('PUT', '/v1/flows/call-back/draft', {
    kind: 'flow',
    slug: 'call-back',
    name: 'Call back',
    trigger: { type: 'event', event: 'callback.asked' },
    start: 'say',
    nodes: {
      say: { type: 'message', name: 'Promise a call', text: 'We call you back, {{ event.who }}.', next: 'pause' },
      pause: { type: 'wait', name: 'Two hours', duration: '2h', next: 'done' },
      done: { type: 'end', name: 'Done', result: { ok: true } },
    },
  });
  await site.api('POST', '/v1/flows/call-back/publish');
}

async function call(site: Site, from: string, contact: string): Promise<string> {
  const record = await site.api<{ id: string }>('POST', '/v1/flows/caller-lookup/runs?wait=10s', { event: { name: 'call.connected', from, agent: 'agent-7' }, contact: { externalId: contact } });
  return record.id;
}

async function callBack(site: Site, who: string): Promise<string> {
  const { runs } = await site.api<{ runs: { id: string }[] }>('POST', '/v1/events', { name: 'callback.asked', who, contact: { id: `c-${who}` } });
  return runs[0]!.id;
}

const rows = (page: Page) => page.getByRole('table', { name: 'Runs' }).getByRole('row');
const rowOf = (page: Page, id: string) => rows(page).filter({ has: page.getByRole('link', { name: new RegExp(id) }) });

test('runs are listed and filtered, and the address says the filters', async ({ page, site, logIn }) => {
  await flows(site);
  const found = await call(site, known, 'list-known');
  const missed = await call(site, unknown, 'list-unknown');
  await logIn('viewer');
  await page.goto('/runs');
  await expect(rowOf(page, found)).toContainText('completed');
  await expect(rowOf(page, missed)).toContainText('404');
  await expectAccessible(page);

  await page.getByLabel('Outcome of a call').fill('404');
  await expect(page).toHaveURL(/outcome=404/);
  await expect(rowOf(page, found)).toHaveCount(0);
  await expect(rowOf(page, missed)).toBeVisible();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('Contact').fill('list-known');
  await expect(rowOf(page, missed)).toHaveCount(0);
  await expect(rowOf(page, found)).toBeVisible();

  // The address is the view: whoever opens it sees the same.
  await expect(page).toHaveURL(/contact=list-known/);
  await page.goto('/runs?flow=caller-lookup&status=completed&search=LIST-UNKNOWN&time=hour');
  await expect(rowOf(page, missed)).toBeVisible();
  await expect(rowOf(page, found)).toHaveCount(0);
  await expect(page.getByLabel('Status')).toHaveValue('completed');
  await page.getByLabel('Search').fill('nobody of that name');
  await expect(page.getByText('No run fits these filters')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(rowOf(page, found)).toBeVisible();
  await expect(page).toHaveURL(/\/runs$/);
});

test('a new run comes into the list by itself, and changes as it goes on', async ({ page, site, logIn }) => {
  await flows(site);
  await logIn('viewer');
  await page.goto('/runs');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const id = await callBack(site, 'live');
  await expect(rowOf(page, id)).toContainText('waiting');
  await site.api('POST', `/v1/runs/${id}/cancel`);
  await expect(rowOf(page, id)).toContainText('cancelled');
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused')).toBeVisible();
});

test('a run shows the path it took, its steps, requests and answers', async ({ page, site, logIn }) => {
  await flows(site);
  const id = await call(site, unknown, 'path');
  await logIn('operator');
  await page.goto('/runs');
  await rowOf(page, id).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('caller-lookup');
  const path = page.getByLabel('The way that the run took');
  await expect(path.getByText('Offer a new record')).toBeVisible();
  await expect(path.getByText('404')).toBeVisible();
  await expect(page.getByRole('article', { name: 'Screen pop to agent-7' })).toContainText('Unknown caller');
  await expectAccessible(page);

  await page.getByRole('list', { name: 'Steps' }).getByRole('button', { name: /Find the caller/ }).click();
  await expect(page).toHaveURL(/step=1/);
  await expect(page.getByRole('list', { name: 'Attempts' })).toContainText('One attempt');
  await expect(page.getByText('Case taken')).toBeVisible();
  await page.getByRole('tab', { name: 'Request' }).click();
  await expect(page.getByText(`/crm/contacts?phone=${encodeURIComponent(unknown)}`)).toBeVisible();
  await page.getByRole('tab', { name: 'Variables' }).click();
  await expect(page.getByRole('list', { name: 'Changed variables' })).toContainText('open_tickets');
  await expectAccessible(page);

  // A node of the canvas leads to its step.
  await path.getByText('Offer a new record').click();
  await expect(page).toHaveURL(/step=2/);
  await expect(page.getByRole('heading', { name: 'Offer a new record' })).toBeVisible();
});

test('a waiting run is cancelled, and one that timed out is run again', async ({ page, site, logIn }) => {
  await flows(site);
  const id = await callBack(site, 'cancel');
  await logIn('operator');
  await page.goto(`/runs/${id}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByLabel('The way that the run took').getByText('waiting')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  const question = page.getByRole('alertdialog', { name: 'Cancel this run?' });
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Cancel the run' }).click();
  await expect(page.getByRole('list', { name: 'Steps' })).toContainText('cancelled', { ignoreCase: true });
  await expect(page.getByRole('button', { name: 'Cancel the run' })).toHaveCount(0);

  const late = await call(site, slow, 'again');
  await page.goto(`/runs/${late}`);
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Run again' }).click();
  await expect(page).not.toHaveURL(new RegExp(late));
  // The call takes half a second to time out: what comes after it is shown as it happens.
  await expect(page.getByRole('list', { name: 'Steps' }).getByRole('button', { name: /To a person/ })).toBeVisible();
  await expect(page.getByText('completed').first()).toBeVisible();
});

test('at the width of a phone runs are read in lists, and nothing scrolls sideways', async ({ page, site, logIn }) => {
  await flows(site);
  const id = await call(site, known, 'phone');
  await logIn('viewer');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/runs?contact=phone');
  await page.getByRole('list', { name: 'Runs' }).getByRole('link', { name: new RegExp(id) }).click();
  await expect(page.getByRole('list', { name: 'Steps' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: /Find the caller/ }).click();
  const step = page.getByRole('dialog', { name: 'Step 1 of 3' });
  await expect(step.getByText(/Hidden \(\*\*\*\)/)).toBeVisible();
  await expectAccessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Path' }).click();
  await expect(page.getByLabel('The way that the run took').getByText('Find the caller in the CRM')).toBeVisible();
});

test('a viewer reads runs, and is offered nothing that would be refused', async ({ page, site, logIn }) => {
  await flows(site);
  const id = await callBack(site, 'viewer');
  await logIn('viewer');
  await page.goto(`/runs/${id}`);
  await expect(page.getByRole('list', { name: 'Steps' })).toContainText('Promise a call');
  await expect(page.getByRole('button', { name: 'Cancel the run' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Run again' })).toHaveCount(0);
});
