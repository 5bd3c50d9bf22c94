import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Page } from '@/shared/ui/page';
import { ErrorNote } from '@/shared/ui/states';
import { Spinner } from '@/shared/ui/spinner';
import { connectionOf, finishAuthorization } from './oauth';

/** Where an authorization server sends the browser back to. */
export function CallbackScreen() {
  const search = useSearch({ strict: false }) as { state?: string; code?: string; error?: string; error_description?: string };
  const { state = '', code } = search;
  // Asked for once: when it is finished the state is forgotten.
  const [id] = useState(() => connectionOf(state));
  if (id === null) {
    return (
      <Outcome title="Not authorised" bad>
        <p>This browser tab began no authorization that this answer belongs to, or it is finished already. Open the connection and choose Connect again.</p>
      </Outcome>
    );
  }
  if (code === undefined) {
    return (
      <Outcome title="Not authorised" bad id={id}>
        <p>The authorization server did not give access.</p>
        {search.error && <p className="font-mono text-xs break-all">{search.error}</p>}
        {search.error_description && <p className="break-words">{search.error_description}</p>}
      </Outcome>
    );
  }
  return <Finish id={id} state={state} code={code} />;
}

function Finish({ id, state, code }: { id: string; state: string; code: string }) {
  const queries = useQueryClient();
  const finish = useQuery({
    queryKey: ['oauth', state],
    queryFn: async () => {
      await finishAuthorization(id, state, code);
      void queries.invalidateQueries({ queryKey: ['connections'] });
      return true;
    },
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (finish.isPending) {
    return (
      <Page title="Connecting">
        <Spinner label="Fetching the token" />
      </Page>
    );
  }
  if (finish.isError) {
    return (
      <Outcome title="Not authorised" bad id={id}>
        <ErrorNote error={finish.error} className="text-left" />
      </Outcome>
    );
  }
  return (
    <Outcome title="Connected" id={id}>
      <p>Calls may use the connection now. Its token is renewed before it ends.</p>
    </Outcome>
  );
}

function Outcome({ title, bad, id, children }: { title: string; bad?: boolean; id?: string; children: ReactNode }) {
  return (
    <Page title={title}>
      <div role={bad ? 'alert' : 'status'} className="mx-auto flex max-w-md flex-col items-center gap-3 py-12 text-center text-ink-2">
        {bad ? <CircleX aria-hidden className="size-10 text-bad" /> : <CircleCheck aria-hidden className="size-10 text-ok" />}
        {children}
        <Link {...(id ? { to: '/connections/$id', params: { id } } : { to: '/connections' })} className="rounded font-medium text-accent-text hover:underline">
          {id ? `Back to ${id}` : 'To the connections'}
        </Link>
      </div>
    </Page>
  );
}
