import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { problem, renderAt, sessionOf } from '../../../tests/at';
import { server } from '../../../tests/server';
import { LoginScreen } from './login-screen';

const nobody = http.get('*/v1/session', () => problem(401, 'token-missing', 'no token'));
const setup = (needed: boolean) => http.get('*/v1/setup', () => HttpResponse.json({ needed }));

async function tryToLogIn() {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText('E-mail'), 'ada@example.com');
  await user.type(screen.getByLabelText('Password'), 'correct horse battery');
  await user.click(screen.getByRole('button', { name: 'Log in' }));
}

test('whoever logs in goes on to where they wanted to', async () => {
  let sent: unknown;
  server.use(
    nobody,
    setup(false),
    http.post('*/v1/session', async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(sessionOf('viewer'));
    }),
  );
  const { router } = renderAt(LoginScreen, '/login?next=%2Fruns%3Fflow%3Da', null);
  await tryToLogIn();
  await waitFor(() => expect(router.history.location.href).toBe('/runs?flow=a'));
  expect(sent).toEqual({ email: 'ada@example.com', password: 'correct horse battery' });
});

test('with a one-time password the way leads to a password of one’s own', async () => {
  server.use(nobody, setup(false), http.post('*/v1/session', () => HttpResponse.json(sessionOf('viewer', { passwordDue: true }))));
  const { router } = renderAt(LoginScreen, '/login?next=%2Fruns', null);
  await tryToLogIn();
  await waitFor(() => expect(router.history.location.pathname).toBe('/password'));
});

test('a refused login is told in the server’s words, and the password is typed anew', async () => {
  server.use(nobody, setup(false), http.post('*/v1/session', () => problem(401, 'login-refused', 'they do not fit', { fix: 'Try again.' })));
  renderAt(LoginScreen, '/login', null);
  await tryToLogIn();
  expect(await screen.findByRole('alert')).toHaveTextContent('They do not fit.Try again.');
  expect(screen.getByLabelText('Password')).toHaveValue('');
});

test('after too many tries it says when the next one counts', async () => {
  server.use(nobody, setup(false), http.post('*/v1/session', () => problem(429, 'logins-limited', 'too many', {}, { 'retry-after': '30' })));
  renderAt(LoginScreen, '/login', null);
  await tryToLogIn();
  expect(await screen.findByRole('alert')).toHaveTextContent(/Try again in (30|29) seconds/);
});

test('where nobody has an account, it tells how to make the first', async () => {
  server.use(nobody, setup(true));
  const { router } = renderAt(LoginScreen, '/login', null);
  expect(await screen.findByRole('heading', { name: 'Welcome to Callout' })).toBeVisible();
  await userEvent.type(screen.getByLabelText(/Set-up address/), 'http://127.0.0.1:8080/setup#token=cot_abc');
  await userEvent.click(screen.getByRole('button', { name: 'Set up the first account' }));
  await waitFor(() => expect(router.history.location.href).toBe('/setup#token=cot_abc'));
});

test('who is logged in already goes onward', async () => {
  server.use(setup(false), http.get('*/v1/session', () => HttpResponse.json(sessionOf('viewer'))));
  const { router } = renderAt(LoginScreen, '/login?next=%2Fruns', null);
  await waitFor(() => expect(router.history.location.pathname).toBe('/runs'));
});
