import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '@/shared/ui/button';
import { Code, CodeBlock } from '@/shared/ui/code';
import { TextField } from '@/shared/ui/input';
import { SessionFrame } from './frame';
import { tokenIn } from './next';

/** Nobody has an account yet: how to get to the first one. */
export function NoAccount() {
  return (
    <SessionFrame wide title="Welcome to Callout" description="Nobody has an account here yet. The first one needs the address that the server printed when it was started for the first time.">
      <TokenForm />
      <div className="mt-6 flex flex-col gap-2 border-t pt-4 text-sm text-ink-2">
        <h2 className="font-medium text-ink">Where is it?</h2>
        <p>
          In the output of <Code>callout serve</Code>: a line that ends in <Code>/setup#token=cot_…</Code>. Open it, or paste it above.
        </p>
        <p>No longer at hand? Make a new token where the server runs:</p>
        <CodeBlock label="command" text="callout token create --role admin" />
      </div>
    </SessionFrame>
  );
}

/** Takes a token, or the address that has it, on to the set-up. */
export function TokenForm({ again }: { again?: boolean }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: '/setup', hash: `token=${encodeURIComponent(tokenIn(text))}` });
      }}
    >
      <TextField label="Set-up address or admin token" mono required value={text} onChange={(event) => setText(event.target.value)} placeholder="cot_…" />
      <Button type="submit" look={again ? 'secondary' : 'primary'}>
        {again ? 'Take this token' : 'Set up the first account'}
      </Button>
    </form>
  );
}
