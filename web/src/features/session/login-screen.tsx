import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { isProblem } from '@/shared/api/client';
import { sessionQuery, type Session } from '@/shared/api/session';
import { Button } from '@/shared/ui/button';
import { TextField } from '@/shared/ui/input';
import { PasswordField } from '@/shared/ui/password';
import { Spinner } from '@/shared/ui/spinner';
import { becomes, logIn, setupQuery } from './api';
import { AttemptError } from './attempt-error';
import { SessionFrame } from './frame';
import { nextPath } from './next';
import { NoAccount } from './no-account';

/** Onward to where the person wanted to go, or to the password that is still to be set. */
function useOnward(next: string | undefined) {
  const router = useRouter();
  const navigate = useNavigate();
  return (session: Session) => {
    if (session.passwordDue) void navigate({ to: '/password', search: { next: nextPath(next) }, replace: true });
    else router.history.replace(nextPath(next));
  };
}

export function LoginScreen() {
  const { next } = useSearch({ strict: false });
  const onward = useOnward(next);
  const session = useQuery(sessionQuery);
  const setup = useQuery(setupQuery);
  const there = session.data;
  useEffect(() => {
    if (there) onward(there);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each person who is there, or comes to be
  }, [there]);
  if (there || session.isPending || setup.isPending) {
    return (
      <div className="flex h-full items-center justify-center">
        <Spinner label="Loading" />
      </div>
    );
  }
  return setup.data?.needed ? <NoAccount /> : <LoginForm />;
}

function LoginForm() {
  const queries = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [org, setOrg] = useState<string | null>(null);
  const login = useMutation({
    mutationFn: () => logIn({ email: email.trim(), password, ...(org?.trim() ? { org: org.trim() } : {}) }),
    onSuccess: (session) => becomes(queries, session),
    onError: (error) => {
      if (isProblem(error, 'login-refused')) setPassword('');
    },
  });
  return (
    <SessionFrame
      title="Log in"
      foot={
        <>
          No password, or a lost one? An admin makes you a one-time password under Members.
          <br />
          <button type="button" className="mt-2 rounded text-accent-text underline underline-offset-2" onClick={() => setOrg(org === null ? '' : null)}>
            {org === null ? 'Log in to another organisation' : 'Log in to the default organisation'}
          </button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate();
        }}
      >
        {org !== null && <TextField label="Organisation" value={org} onChange={(event) => setOrg(event.target.value)} hint="Its name, as its admin told you." />}
        <TextField label="E-mail" type="email" name="email" autoComplete="username" aria-required value={email} onChange={(event) => setEmail(event.target.value)} />
        <PasswordField label="Password" name="password" autoComplete="current-password" aria-required value={password} onChange={(event) => setPassword(event.target.value)} />
        <AttemptError error={login.error} />
        <Button type="submit" look="primary" busy={login.isPending}>
          Log in
        </Button>
      </form>
    </SessionFrame>
  );
}
