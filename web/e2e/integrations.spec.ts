// Integrations from nothing to a call, by hand and of an OpenAPI document, and what happens when they change.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { publishCall, resultOf } from './flows';
import { bin } from './site';
import { expect, expectAccessible, test } from './test';

const key = 'example-key-not-secret';

async function saveDraft(page: Page) {
  const written = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Save draft' }).click();
  expect((await written).status()).toBe(200);
}

test('an API is set up by hand and published', async ({ page, site, logIn }) => {
  await logIn('admin');
  await page.goto('/integrations');
  await expect(page.getByRole('heading', { name: 'Integrations', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'New integration' }).click();
  await page.getByRole('menuitem', { name: 'Set up by hand' }).click();
  await page.getByLabel('Name').fill('Ingest service');
  await expect(page.getByLabel('Slug')).toHaveValue('ingest-service');
  await page.getByLabel('Base URL').fill(site.upstream);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create draft' }).click();

  await page.getByRole('button', { name: 'Add operation' }).click();
  await page.getByLabel('Key').fill('ping');
  await page.getByLabel('Key').press('Enter');
  const operation = page.getByRole('region', { name: 'Operation ping' });
  await operation.getByLabel('Method').selectOption('POST');
  await operation.getByLabel('Path').fill('/ingest/{{ inputs.campain }}');
  await operation.getByRole('button', { name: 'Add input' }).click();
  await operation.getByLabel('Name of input 1').fill('campaign');
  await saveDraft(page);
  // The check's words stand at the field that they are about.
  await expect(operation.getByText(/inputs.campain is not in inputSchema/).first()).toBeVisible();
  await operation.getByLabel('Path').fill('/ingest');
  await operation.getByRole('button', { name: 'Remove input 1' }).click();
  await operation.getByRole('button', { name: /^Body/ }).click();
  await operation.getByLabel('Type').selectOption('json');
  await expectAccessible(page);

  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByLabel('Calls sign in with').selectOption('apiKey');
  await page.getByRole('button', { name: /Add api_key/ }).click();
  await page.getByRole('combobox', { name: 'Operation that proves that a connection works' }).click();
  await page.getByRole('option', { name: /ping/ }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Publish…' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByText('Version 1 is published.')).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Version 1', { exact: true })).toBeVisible();

});

test('a connection is made with a key, tested, and its key is replaced', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/integrations/ingest/draft', {
    kind: 'integration',
    slug: 'ingest',
    name: 'Ingest',
    baseUrl: site.upstream,
    auth: { type: 'apiKey', in: 'header', name: 'X-Api-Key', value: '{{ secret.api_key }}' },
    secretSchema: { type: 'object', properties: { api_key: { type: 'string' } }, required: ['api_key'] },
    verify: 'ping',
    operations: { ping: { method: 'POST', path: '/ingest', body: { type: 'json', value: {} } } },
  });
  await site.api('POST', '/v1/integrations/ingest/publish');
  await logIn('admin');
  await page.goto('/connections');
  await page.getByRole('button', { name: 'New connection' }).first().click();
  await page.getByRole('combobox', { name: 'Integration' }).click();
  await page.getByRole('option', { name: /Ingest ingest$/ }).click();
  await page.getByLabel('Name', { exact: true }).fill('Ingest main');
  await page.getByRole('button', { name: 'Create connection' }).click();
  // What the server refuses stands at the secret that lacks.
  await expect(page.getByText(/the secret api_key is not set/i)).toBeVisible();
  await page.getByLabel('api_key *', { exact: true }).fill('a-wrong-key');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create connection' }).click();
  await expect(page).toHaveURL(/\/connections\/ingest-main$/);
  await page.getByRole('button', { name: 'Test' }).click();
  const outcome = page.getByRole('status', { name: 'The test' });
  await expect(outcome.getByRole('heading', { name: 'The test failed' })).toBeVisible();
  await expect(outcome).toContainText('x-api-key is missing or wrong');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Replace api_key' }).click();
  await page.getByLabel('New value of api_key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Replace', exact: true }).click();
  await page.getByRole('button', { name: 'Test' }).click();
  await expect(outcome.getByRole('heading', { name: 'The test passed' })).toBeVisible();
  await expect(outcome).toContainText('X-Api-Key: ***');
  await expect(page.getByText('Test passed', { exact: true })).toBeVisible();
  // The secret itself is nowhere on the screen.
  expect(await page.content()).not.toContain(key);
});

const openapi = (upstream: string) => ({
  openapi: '3.1.0',
  info: { title: 'Contacts', version: '1' },
  servers: [{ url: upstream }],
  paths: {
    '/crm/contacts': {
      get: { operationId: 'findContact', summary: 'Find a contact', parameters: [{ name: 'phone', in: 'query', required: true, schema: { type: 'string' } }], responses: { 200: { description: 'Found' } } },
      trace: { responses: { 200: { description: 'Nothing of ours' } } },
    },
    '/upload': { post: { operationId: 'upload', servers: [{ url: 'https://uploads.example.com' }], responses: { 200: { description: 'Taken' } } } },
  },
});

test('an OpenAPI document comes in, is connected, and is called from a flow', async ({ page, site, logIn }) => {
  await logIn('admin');
  await page.goto('/integrations?new=openapi');
  await page.getByLabel('OpenAPI document').setInputFiles({ name: 'broken.yaml', mimeType: 'application/yaml', buffer: Buffer.from('openapi: [3') });
  await expect(page.getByRole('alert')).toContainText(/this is not YAML/i);
  await page.getByLabel('OpenAPI document').setInputFiles({ name: 'contacts.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(openapi(site.upstream))) });
  await expect(page.getByText('1 operation came in')).toBeVisible();
  await expect(page.getByText('2 operations did not')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'TRACE is no method of calls' })).toBeVisible();
  await expectAccessible(page);

  // The other server's operation comes in when that server is chosen.
  await page.getByRole('combobox', { name: 'Server' }).click();
  await page.getByRole('option', { name: 'https://uploads.example.com' }).click();
  await expect(page.getByRole('combobox', { name: 'Server' })).toHaveText('https://uploads.example.com');
  await page.getByRole('combobox', { name: 'Server' }).click();
  await page.getByRole('option', { name: site.upstream }).click();
  await expect(page.getByRole('combobox', { name: 'Server' })).toHaveText(site.upstream);

  await page.getByLabel('Slug').fill('contacts-api');
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(page).toHaveURL(/\/integrations\/contacts-api$/);
  await expect(page.getByRole('region', { name: 'Operation findContact' })).toBeVisible();
  await page.getByRole('button', { name: 'Publish…' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByText('Version 1 is published.')).toBeVisible();

  await page.goto('/connections?new=1&integration=contacts-api');
  await page.getByLabel('Name', { exact: true }).fill('Contacts main');
  await page.getByRole('button', { name: 'Create connection' }).click();
  await expect(page).toHaveURL(/\/connections\/contacts-main$/);
  await expect(page.getByText('127.0.0.2', { exact: true })).toBeVisible();
  await publishCall(site, 'find', { integration: 'contacts-api', version: 1, operation: 'findContact', connection: 'contacts-main', inputs: { phone: '+442079460018' } });
  expect(await resultOf(site, 'find')).toBe(200);
});

test("GitHub's document comes in, and its operations are found at once", async ({ page, logIn }) => {
  const file = join(bin, '../openapi-documents/node_modules/@octokit/openapi/generated/api.github.com.json');
  await logIn('editor');
  await page.goto('/integrations?new=openapi');
  await page.getByLabel('OpenAPI document').setInputFiles(file);
  // Twelve megabytes go over and are read.
  await expect(page.getByText(/1,\d\d\d operations came in/)).toBeVisible({ timeout: 30_000 });
  await page.getByLabel('Slug').fill('github-all');
  await page.getByRole('button', { name: 'Create draft' }).click();
  await page.getByLabel('Search operations').fill('list repository webhooks');
  const list = page.getByRole('region', { name: 'Operations' });
  await expect(list.getByRole('listitem')).toHaveCount(1);
  await list.getByRole('button', { name: /List repository webhooks/ }).click();
  await expect(page.getByLabel('Path', { exact: true })).toHaveValue('/repos/{{ inputs.owner }}/{{ inputs.repo }}/hooks');
});

test('a cURL command becomes an integration with one operation, without its credential', async ({ page, site, logIn }) => {
  await logIn('editor');
  await page.goto('/integrations?new=curl');
  await page.getByLabel('Name').fill('Board');
  await page.getByRole('textbox', { name: 'cURL command' }).fill('wget https://api.example.com');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(page.getByRole('alert')).toContainText(/this is not a curl command/i);
  await page.getByRole('textbox', { name: 'cURL command' }).fill(`curl -u ada:not-a-real-password '${site.upstream}/board/status/200?region=eu'`);
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(page).toHaveURL(/\/integrations\/board$/);
  await expect(page.getByLabel('Path', { exact: true })).toHaveValue('/board/status/200');
  await expect(page.getByLabel('Value of query pair 1')).toHaveValue('eu');
  await page.getByRole('tab', { name: 'Settings' }).click();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('{{ secret.password }}');
  expect(JSON.stringify(await site.api('GET', '/v1/integrations/board/draft'))).not.toContain('not-a-real-password');
});

const crm = (upstream: string, required: string[]) => ({
  kind: 'integration',
  slug: 'crm',
  name: 'CRM',
  baseUrl: `${upstream}/crm`,
  operations: {
    findContact: {
      path: '/contacts',
      query: [{ name: 'phone', value: '{{ inputs.phone }}' }, { name: 'limit', value: '{{ inputs.limit }}', optional: true }],
      inputSchema: { type: 'object', properties: { phone: { type: 'string' }, limit: { type: 'integer' } }, required, additionalProperties: false },
    },
  },
});

test('a second version shows what breaks and whom; pins move when the flows can', async ({ page, site, logIn }) => {
  await site.api('PUT', '/v1/integrations/crm/draft', crm(site.upstream, ['phone']));
  await site.api('POST', '/v1/integrations/crm/publish');
  await site.api('POST', '/v1/connections', { id: 'crm-main', integrationSlug: 'crm' });
  await publishCall(site, 'lookup', { integration: 'crm', version: 1, operation: 'findContact', connection: 'crm-main', inputs: { phone: '+442079460018' } });
  await logIn('editor');
  await page.goto('/integrations/crm');
  const operation = page.getByRole('region', { name: 'Operation findContact' });
  await operation.getByLabel('Required of input 2').check();
  await page.getByRole('button', { name: 'Publish…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('1 breaking')).toBeVisible();
  await expect(dialog.getByRole('link', { name: 'lookup' })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Publish version 2' }).click();
  await dialog.getByRole('button', { name: 'Move the pins of 1 flow…' }).click();
  // The flow gives no limit: nothing is moved, and the check says why.
  await expect(dialog.getByText('would have errors with its pins moved', { exact: false })).toBeVisible();
  await expect(dialog.getByRole('button', { name: /Move and publish/ })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await operation.getByLabel('Required of input 2').uncheck();
  await operation.getByLabel('Description', { exact: true }).fill('Finds a contact by phone');
  await page.getByRole('button', { name: 'Publish…' }).click();
  await dialog.getByRole('button', { name: 'Publish version 3' }).click();
  await dialog.getByRole('button', { name: 'Move the pins of 1 flow…' }).click();
  await expect(dialog.getByRole('list', { name: 'What would be done' })).toContainText('lookup');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Move and publish 1 flow' }).click();
  await expect(dialog.getByRole('list', { name: 'Moved' })).toContainText('published as version 2');
  await dialog.getByRole('button', { name: 'Done' }).click();
  expect(await resultOf(site, 'lookup')).toBe(200);

  await page.getByRole('tab', { name: 'Uses' }).click();
  await expect(page.getByRole('row', { name: /lookup/ })).toContainText('call · version 3');
  await expectAccessible(page);
  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByLabel('From').selectOption('1');
  await page.getByLabel('To', { exact: true }).selectOption('2');
  await expect(page.getByText('1 breaking')).toBeVisible();
  await expectAccessible(page);
});

test('nothing of anyone is overwritten in silence, and nothing edited is lost by leaving', async ({ page, site, logIn }) => {
  const slug = 'shared';
  const doc = { ...crm(site.upstream, ['phone']), slug };
  await site.api('PUT', `/v1/integrations/${slug}/draft`, doc);
  await logIn('editor');
  await page.goto(`/integrations/${slug}?tab=settings`);
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await site.api('PUT', `/v1/integrations/${slug}/draft`, { ...doc, name: 'Theirs' });
  await page.getByRole('button', { name: 'Save draft' }).click();
  await expect(page.getByRole('dialog', { name: 'Someone else changed this draft' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Take theirs' }).click();
  await expect(page.getByRole('heading', { name: 'Theirs' })).toBeVisible();

  await page.getByLabel('Name', { exact: true }).fill('Mine again');
  await page.getByRole('link', { name: 'Connections', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Mine again');
  await saveDraft(page);
  await page.getByRole('link', { name: 'Connections', exact: true }).click();
  await expect(page).toHaveURL(/\/connections$/);
});
