import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';
import { problem, renderAt, sessionOf } from '../../../tests/at';
import { server } from '../../../tests/server';
import { PasswordScreen } from './password-screen';

test('what is wrong stands at its field, and a good password leads on', async () => {
  const answers = [problem(401, 'login-refused', 'they do not fit'), problem(422, 'password-weak', 'it is too short'), HttpResponse.json(sessionOf('viewer'))];
  server.use(
    http.get('*/v1/session', () => HttpResponse.json(sessionOf('viewer', { passwordDue: true }))),
    http.post('*/v1/session/password', () => answers.shift()!),
  );
  const { router } = renderAt(PasswordScreen, '/password?next=%2Fruns', null);
  await userEvent.type(await screen.findByLabelText('One-time password'), 'once');
  await userEvent.type(screen.getByLabelText('New password'), 'new');
  const set = () => userEvent.click(screen.getByRole('button', { name: 'Set the password' }));
  await set();
  expect(await screen.findByText('This is not the current password.')).toBeVisible();
  await set();
  expect(await screen.findByText('It is too short.')).toBeVisible();
  await set();
  await waitFor(() => expect(router.history.location.pathname).toBe('/runs'));
});
