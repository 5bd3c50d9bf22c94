import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useRouter, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { isProblem, sentence } from '@/shared/api/client';
import { sessionQuery, type Session } from '@/shared/api/session';
import { Button } from '@/shared/ui/button';
import { PasswordField } from '@/shared/ui/password';
import { ErrorState } from '@/shared/ui/states';
import { Spinner } from '@/shared/ui/spinner';
import { toast } from '@/shared/ui/toast';
import { becomes, setPassword } from './api';
import { AttemptError } from './attempt-error';
import { SessionFrame } from './frame';
import { nextPath } from './next';

export const passwordRule = '12 to 256 characters; several words do. Not your e-mail address.';

export function PasswordScreen() {
  const session = useQuery(sessionQuery);
  if (session.isPending) {
    return (
      <div className="flex h-full items-center justify-center">
        <Spinner label="Loading" />
      </div>
    );
  }
  if (session.isError) {
    return (
      <SessionFrame title="Change password">
        <ErrorState error={session.error} onRetry={() => void session.refetch()} />
      </SessionFrame>
    );
  }
  return <PasswordForm session={session.data} />;
}

function PasswordForm({ session }: { session: Session }) {
  const { next } = useSearch({ strict: false });
  const router = useRouter();
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [chosen, setChosen] = useState('');
  const due = session.passwordDue;
  const change = useMutation({
    mutationFn: () => setPassword(current, chosen),
    onSuccess: (fresh) => {
      becomes(queries, fresh);
      toast(due ? 'Your password is set.' : 'Your password is changed. Everywhere else you are logged out.');
      router.history.replace(nextPath(next));
    },
  });
  const weak = isProblem(change.error, 'password-weak') ? sentence(change.error.problem.detail) : undefined;
  const wrong = isProblem(change.error, 'login-refused') ? 'This is not the current password.' : undefined;
  return (
    <SessionFrame
      title={due ? 'Set your password' : 'Change password'}
      description={due ? 'You logged in with a one-time password. Choose one of your own to go on.' : 'All your other sessions end with the change.'}
      foot={
        !due && (
          <Link to="/flows" className="text-accent-text underline underline-offset-2">
            Keep the one you have
          </Link>
        )
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        {/* Password keepers take the name from here. */}
        <input type="text" name="email" autoComplete="username" value={session.email ?? ''} readOnly hidden />
        <PasswordField label={due ? 'One-time password' : 'Current password'} autoComplete="current-password" aria-required value={current} error={wrong} onChange={(event) => setCurrent(event.target.value)} />
        <PasswordField label="New password" autoComplete="new-password" aria-required value={chosen} hint={passwordRule} error={weak} onChange={(event) => setChosen(event.target.value)} />
        {!weak && !wrong && <AttemptError error={change.error} />}
        <Button type="submit" look="primary" busy={change.isPending}>
          {due ? 'Set the password' : 'Change the password'}
        </Button>
      </form>
    </SessionFrame>
  );
}
