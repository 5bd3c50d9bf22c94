import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { problem, renderAt } from '../../../tests/at';
import { server } from '../../../tests/server';
import { AuditScreen } from './audit-screen';
import { MembersScreen } from './members-screen';
import { SettingsScreen } from './settings-screen';
import { TokensScreen } from './tokens-screen';

const page = (items: unknown[], next: string | null = null) => HttpResponse.json({ items, next });
const member = (id: string, name: string, more: Record<string, unknown> = {}) => ({ id, name, email: `${id}@example.com`, role: 'viewer', disabled: false, passwordDue: false, createdAt: '2026-01-01T00:00:00Z', lastLoginAt: null, ...more });
const grace = member('mem_2', 'Grace');
const token = { id: 'tok_1', name: 'telephony', role: 'operator', createdAt: '2026-01-01T00:00:00Z', expiresAt: null };
const members = http.get('*/v1/members', () => page([member('mem_self', 'Ada', { role: 'admin' }), grace]));
const tokens = http.get('*/v1/tokens', () => page([token]));

test('only admins see these screens', async () => {
  renderAt(MembersScreen, '/members', 'editor');
  expect(await screen.findByRole('heading', { name: 'Only admins see this' })).toBeVisible();
});

test('a member is added with a one-time password that is shown once', async () => {
  server.use(
    members,
    http.post('*/v1/members', async ({ request }) => {
      const body = (await request.json()) as { email: string };
      return body.email === 'taken@example.com' ? problem(409, 'member-taken', 'another member has it') : HttpResponse.json({ ...grace, ...body, oneTimePassword: 'once-only' }, { status: 201 });
    }),
  );
  renderAt(MembersScreen, '/members');
  await userEvent.click(await screen.findByRole('button', { name: 'Add member' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(dialog.getByLabelText(/^E-mail/), 'taken@example.com');
  await userEvent.click(dialog.getByRole('radio', { name: 'Operator' }));
  await userEvent.click(dialog.getByRole('button', { name: 'Add member' }));
  expect(await dialog.findByText('Another member has it.')).toBeVisible();
  await userEvent.clear(dialog.getByLabelText(/^E-mail/));
  await userEvent.type(dialog.getByLabelText(/^E-mail/), 'new@example.com');
  await userEvent.click(dialog.getByRole('button', { name: 'Add member' }));
  expect(await screen.findByText('once-only')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'I have kept it' }));
  expect(screen.queryByText('once-only')).not.toBeInTheDocument();
});

test('what the server refuses of a member is said in the question', async () => {
  server.use(
    members,
    http.delete('*/v1/members/mem_self', () => problem(409, 'member-own', 'nobody removes themselves')),
  );
  renderAt(MembersScreen, '/members');
  await userEvent.click(await screen.findByRole('button', { name: 'More: Ada' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Remove…' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Remove' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('Nobody removes themselves.');
});

test('a role is changed, a password reset, a member disabled', async () => {
  const changes: unknown[] = [];
  server.use(
    members,
    http.patch('*/v1/members/mem_2', async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      changes.push(body);
      return HttpResponse.json({ ...grace, ...(body.resetPassword ? { oneTimePassword: 'fresh' } : {}) });
    }),
  );
  renderAt(MembersScreen, '/members');
  const act = async (item: string) => {
    await userEvent.click(await screen.findByRole('button', { name: 'More: Grace' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: item }));
  };
  await act('Change role…');
  await userEvent.click(await screen.findByRole('radio', { name: 'Admin' }));
  await userEvent.click(screen.getByRole('button', { name: 'Change role' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  await act('Disable…');
  await userEvent.click(await screen.findByRole('button', { name: 'Disable' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument());
  await act('Reset password…');
  await userEvent.click(await screen.findByRole('button', { name: 'Reset password' }));
  expect(await screen.findByText('fresh')).toBeVisible();
  expect(changes).toEqual([{ role: 'admin' }, { disabled: true }, { resetPassword: true }]);
});

test('a token is made, shown once with a line to try it, and revoked', async () => {
  let revoked = false;
  server.use(
    http.get('*/v1/tokens', () => page(revoked ? [] : [token])),
    http.post('*/v1/tokens', async ({ request }) => {
      expect(await request.json()).toEqual({ name: 'reports', role: 'viewer', expires: '30d' });
      return HttpResponse.json({ ...token, token: 'cot_text' }, { status: 201 });
    }),
    http.delete('*/v1/tokens/tok_1', () => {
      revoked = true;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  renderAt(TokensScreen, '/tokens');
  await userEvent.click(await screen.findByRole('button', { name: 'New token' }));
  await userEvent.type(screen.getByLabelText(/^Name/), 'reports');
  await userEvent.selectOptions(screen.getByLabelText('Expires'), 'In 30 days');
  await userEvent.click(screen.getByRole('radio', { name: 'Viewer' }));
  await userEvent.click(screen.getByRole('button', { name: 'Make token' }));
  expect(await screen.findByText('cot_text')).toBeVisible();
  expect(screen.getByText(/^curl -H 'Authorization: Bearer cot_text'/)).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'I have kept it' }));
  await userEvent.click(screen.getByRole('button', { name: 'Revoke telephony' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Revoke' }));
  expect(await screen.findByRole('heading', { name: 'No tokens yet' })).toBeVisible();
});

const entry = { number: 7, at: '2026-01-01T00:00:00Z', actor: { kind: 'member', id: 'mem_self', name: 'Ada' }, from: '192.0.2.1', action: 'settings.write', object: { kind: 'settings', id: '' }, before: { retention: { runs: '30d' } }, after: { retention: { runs: '7d' } }, hash: 'ab12' };

test('the audit log is narrowed down in its address, and an entry opens what changed', async () => {
  const asked: string[] = [];
  server.use(
    members,
    tokens,
    http.get('*/v1/audit', ({ request }) => {
      const query = new URL(request.url).searchParams;
      query.delete('limit');
      asked.push(query.toString());
      return query.has('cursor') ? page([{ ...entry, number: 6, action: 'member.create', object: { kind: 'member', id: 'mem_2' } }]) : page([entry], 'more');
    }),
  );
  const { router } = renderAt(AuditScreen, '/audit?action=settings.write');
  await userEvent.click(await screen.findByRole('button', { name: 'Entry 7: changed settings' }));
  const sheet = within(await screen.findByRole('dialog', { name: 'Entry 7: settings.write' }));
  const [change] = sheet.getAllByRole('listitem');
  expect(change).toHaveTextContent('retention.runs30d7d');
  await userEvent.click(sheet.getByRole('button', { name: 'As JSON' }));
  expect(sheet.getByRole('region', { name: 'after' })).toHaveTextContent('{ "retention": { "runs": "7d" } }');
  await userEvent.click(sheet.getByRole('button', { name: 'Only what Ada did' }));
  await waitFor(() => expect(router.history.location.href).toBe('/audit?action=settings.write&actor=mem_self'));
  await userEvent.click(await screen.findByRole('button', { name: 'Show more entries' }));
  expect(await screen.findByRole('button', { name: 'Entry 6: added member Grace' })).toBeVisible();
  expect(asked).toContain('actor=mem_self&action=settings.write&cursor=more');
  await userEvent.click(screen.getByRole('button', { name: 'Clear the filters' }));
  await waitFor(() => expect(router.history.location.href).toBe('/audit'));
});

test('a log that cannot be read says why, and an empty one what to do', async () => {
  let broken = true;
  server.use(members, tokens, http.get('*/v1/audit', () => (broken ? problem(400, 'query-invalid', 'from is no time') : page([]))));
  renderAt(AuditScreen, '/audit?from=yesterday');
  expect(await screen.findByText('From is no time.')).toBeVisible();
  broken = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('heading', { name: 'No entry fits' })).toBeVisible();
});

const egress = { allow: [{ host: 'crm.internal', cidr: '10.0.0.0/8' }], httpHosts: [], ports: [443], proxy: null, sourceAddress: null, dns: [], caFile: false, defaults: { retention: { runs: '30d' } }, responseBytesMax: 1048576, timeoutMsMax: 60000, maxConnections: 50, connectionWaitMs: 5000 };

test('settings are saved together, a refused one is told at its field, and the policy is shown as it is', async () => {
  const saved: unknown[] = [];
  server.use(
    http.get('*/v1/settings', () => HttpResponse.json({ retention: { runs: '30d', bodies: null, audit: null }, egress: { sourceAddress: null, proxy: null } })),
    http.get('*/v1/egress', () => HttpResponse.json(egress)),
    http.get('*/v1/orgs', () => page([{ name: 'default' }, { name: 'second' }])),
    http.put('*/v1/settings', async ({ request }) => {
      const body = (await request.json()) as { retention: { audit: string } };
      saved.push(body);
      return body.retention.audit === '2d' ? problem(422, 'body-invalid', 'at least `30d`', { at: 'retention.audit' }) : HttpResponse.json(body);
    }),
  );
  renderAt(SettingsScreen, '/settings');
  const audit = await screen.findByLabelText('Audit log');
  expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument();
  await userEvent.type(audit, '2d');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(audit).toHaveAccessibleDescription(/At least 30d\./));
  await userEvent.clear(audit);
  await userEvent.type(audit, '90d');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument());
  expect(saved.at(-1)).toEqual({ retention: { runs: '30d', bodies: null, audit: '90d' }, egress: { sourceAddress: null, proxy: null } });
  expect(await screen.findByText('crm.internal')).toBeVisible();
  expect(screen.getByText('None: https alone.')).toBeVisible();
  expect(within(await screen.findByRole('list', { name: 'Organisations' })).getByText('second')).toBeVisible();
});

test('an organisation is made with its first admin, whose password is shown once', async () => {
  server.use(
    http.get('*/v1/settings', () => HttpResponse.json({ retention: {}, egress: null })),
    http.get('*/v1/egress', () => problem(503, 'store-unavailable', 'the store cannot be used')),
    http.get('*/v1/orgs', () => page([{ name: 'default' }])),
    http.post('*/v1/orgs', async ({ request }) => {
      expect(await request.json()).toEqual({ name: 'acme', member: { email: 'boss@acme.example', role: 'admin' } });
      return HttpResponse.json({ name: 'acme', member: { oneTimePassword: 'first-time' } }, { status: 201 });
    }),
  );
  renderAt(SettingsScreen, '/settings');
  expect(await screen.findByText('The store cannot be used.')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'New organisation' }));
  await userEvent.type(screen.getByLabelText(/^Name/), 'acme');
  await userEvent.type(screen.getByLabelText(/^E-mail/), 'boss@acme.example');
  await userEvent.click(screen.getByRole('button', { name: 'Make organisation' }));
  expect(await screen.findByText('first-time')).toBeVisible();
});
