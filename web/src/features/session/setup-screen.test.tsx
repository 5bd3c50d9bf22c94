import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { problem, renderAt, sessionOf } from '../../../tests/at';
import { server } from '../../../tests/server';
import { SetupScreen } from './setup-screen';

const member = { id: 'mem_1', email: 'ada@example.com', name: 'Ada', role: 'admin', disabled: false, passwordDue: true, createdAt: '2026-01-01T00:00:00Z' };

/** What the server is told, in order. */
function follow(): string[] {
  const told: string[] = [];
  server.events.removeAllListeners();
  server.events.on('request:start', ({ request }) => void told.push(`${request.method} ${new URL(request.url).pathname}`));
  return told;
}

async function fillIn(password: string) {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText('E-mail'), 'ada@example.com');
  await user.type(screen.getByLabelText('Password'), password);
  await user.click(screen.getByRole('button', { name: 'Make the account and begin' }));
}

const made = http.post('*/v1/members', ({ request }) =>
  request.headers.get('authorization') === 'Bearer cot_abc' ? HttpResponse.json({ ...member, oneTimePassword: 'once' }, { status: 201 }) : problem(401, 'token-invalid', 'not known'),
);
const loggedIn = http.post('*/v1/session', () => HttpResponse.json(sessionOf('admin', { passwordDue: true })));

test('a weak password is mended without making the account twice, and the example opens at its test call', async () => {
  const told = follow();
  server.use(
    made,
    loggedIn,
    http.post('*/v1/session/password', async ({ request }) => {
      const { new: chosen } = (await request.json()) as { new: string };
      return chosen.length < 12 ? problem(422, 'password-weak', 'it is too short') : HttpResponse.json(sessionOf('admin'));
    }),
    http.get('*/v1/flows/caller-lookup', () => HttpResponse.json({ slug: 'caller-lookup' })),
  );
  const { router } = renderAt(SetupScreen, '/setup#token=cot_abc', null);
  await fillIn('short');
  expect(await screen.findByText('It is too short.')).toBeVisible();
  expect(screen.getByLabelText('E-mail')).toHaveAttribute('readonly');
  await userEvent.type(screen.getByLabelText('Password'), ' but longer now');
  await userEvent.click(screen.getByRole('button', { name: 'Set the password and begin' }));
  await waitFor(() => expect(router.history.location.href).toBe('/flows/caller-lookup?node=lookup&panel=test'));
  expect(told.filter((each) => each === 'POST /v1/members')).toHaveLength(1);
  expect(told.filter((each) => each === 'POST /v1/session')).toHaveLength(1);
});

test('an account that was left in the middle is taken up again', async () => {
  const told = follow();
  server.use(
    http.post('*/v1/members', () => problem(409, 'member-taken', 'there is one')),
    http.get('*/v1/members', () => HttpResponse.json({ items: [member], next: null })),
    http.patch('*/v1/members/mem_1', () => HttpResponse.json({ ...member, oneTimePassword: 'again' })),
    loggedIn,
    http.post('*/v1/session/password', () => HttpResponse.json(sessionOf('admin'))),
    http.get('*/v1/flows/caller-lookup', () => problem(404, 'not-found', 'none')),
  );
  const { router } = renderAt(SetupScreen, '/setup#token=cot_abc', null);
  await fillIn('a long enough password');
  await waitFor(() => expect(router.history.location.pathname).toBe('/flows'));
  expect(told).toContain('PATCH /v1/members/mem_1');
});

test('a token that is not known is asked for again', async () => {
  server.use(made);
  renderAt(SetupScreen, '/setup#token=cot_other', null);
  await fillIn('a long enough password');
  expect(await screen.findByRole('alert')).toHaveTextContent('The set-up token is not known');
  expect(screen.getByLabelText(/Set-up address/)).toBeVisible();
});
