import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ApiError, errorAt, isProblem, sentence } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { TextField } from '@/shared/ui/input';
import { PasswordField } from '@/shared/ui/password';
import { ErrorNote } from '@/shared/ui/states';
import { becomes, beginAccount, hasExample, logIn, setPassword, type Begun } from './api';
import { SessionFrame } from './frame';
import { tokenIn } from './next';
import { TokenForm } from './no-account';
import { AttemptError } from './attempt-error';
import { passwordRule } from './password-screen';

/** The token of the address; out of the address at once, so that neither history nor a shared screen keeps it. */
function useToken(): string {
  const hash = useLocation({ select: (location) => location.hash });
  const [token, keep] = useState('');
  useEffect(() => {
    if (!hash.includes('token=')) return;
    keep(decodeURIComponent(tokenIn(hash)));
    history.replaceState(history.state, '', '/setup');
  }, [hash]);
  return token;
}

export function SetupScreen() {
  const token = useToken();
  if (!token) {
    return (
      <SessionFrame wide title="Set up Callout" description="The address lacks its token. Paste the address that the server printed at its first start, or an admin's token.">
        <TokenForm />
      </SessionFrame>
    );
  }
  return <AccountForm key={token} token={token} />;
}

/** How far the account is: each step is taken once, and a try after a failure goes on from there. */
interface Progress {
  begun?: Begun;
  loggedIn?: boolean;
}

function AccountForm({ token }: { token: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setNewPassword] = useState('');
  const [progress, setProgress] = useState<Progress>({});

  const make = useMutation({
    mutationFn: async () => {
      const begun = progress.begun ?? (await beginAccount(token, name.trim(), email.trim()));
      setProgress({ begun });
      if (!progress.loggedIn) await logIn({ email: begun.email, password: begun.oneTimePassword });
      setProgress({ begun, loggedIn: true });
      return setPassword(begun.oneTimePassword, password);
    },
    onSuccess: async (session) => {
      becomes(queries, session);
      if (await hasExample()) await navigate({ to: '/flows/$slug', params: { slug: 'caller-lookup' }, search: { node: 'lookup', panel: 'test' }, replace: true });
      else await navigate({ to: '/flows', replace: true });
    },
  });
  const weak = isProblem(make.error, 'password-weak') ? make.error : null;
  const refused = make.error instanceof ApiError && make.error.status === 401 && !progress.begun;
  const emailError = errorAt(make.error, 'email');

  return (
    <SessionFrame
      wide
      title="Set up Callout"
      description="Make the first account: an admin's, who adds everyone else."
      foot={
        isProblem(make.error, 'member-taken') && (
          <Link to="/login" className="text-accent-text underline">
            Log in with this account
          </Link>
        )
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <TextField label="Your name" name="name" autoComplete="name" value={name} readOnly={Boolean(progress.begun)} onChange={(event) => setName(event.target.value)} />
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          aria-required
          value={email}
          readOnly={Boolean(progress.begun)}
          error={emailError}
          hint={progress.begun ? 'The account is made; it only lacks its password.' : 'You log in with it. No mail is sent to it.'}
          onChange={(event) => setEmail(event.target.value)}
        />
        <PasswordField
          label="Password"
          name="new-password"
          autoComplete="new-password"
          aria-required
          value={password}
          hint={passwordRule}
          error={weak && sentence(weak.problem.detail)}
          onChange={(event) => setNewPassword(event.target.value)}
        />
        {refused ? (
          <ErrorNote error={new Error('The set-up token is not known, or no longer valid. Take the newest one that the server printed.')} />
        ) : (
          !weak && !emailError && <AttemptError error={make.error} />
        )}
        <Button type="submit" look="primary" busy={make.isPending}>
          {progress.begun ? 'Set the password and begin' : 'Make the account and begin'}
        </Button>
      </form>
      {refused && (
        <div className="mt-5 border-t pt-4">
          <TokenForm again />
        </div>
      )}
    </SessionFrame>
  );
}
