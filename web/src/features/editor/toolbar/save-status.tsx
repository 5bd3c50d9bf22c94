// Whether what is on the screen is on the server.
import { Check, CloudOff, CircleX, LoaderCircle } from 'lucide-react';
import { explain } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { useEditor } from '../editor-context';

export function SaveStatus() {
  const { draft, state } = useEditor();
  const { save } = state;
  const again = (
    <Button size="sm" look="ghost" onClick={() => draft.retry()}>
      Try again
    </Button>
  );
  if (save.at === 'saved') return <Line icon={<Check />}>Saved</Line>;
  if (save.at === 'saving') return <Line icon={<LoaderCircle className="animate-spin" />}>Saving…</Line>;
  if (save.at === 'conflict') return <Line icon={<CircleX />} bad>Not saved: somebody else changed the draft</Line>;
  if (save.at === 'offline') {
    return (
      <Line icon={<CloudOff />} bad>
        Not saved: the server cannot be reached. Your edits are kept here. {again}
      </Line>
    );
  }
  const { title, detail } = explain(save.error);
  return (
    <Line icon={<CircleX />} bad>
      <span className="line-clamp-2" title={detail ?? title}>
        Not saved: {detail ?? title}
      </span>
      {again}
    </Line>
  );
}

function Line({ icon, bad, children }: { icon: React.ReactNode; bad?: boolean; children: React.ReactNode }) {
  return (
    <span role="status" className={`flex min-w-0 items-center gap-1.5 text-xs [&_svg]:size-3.5 [&_svg]:shrink-0 ${bad ? 'text-bad' : 'text-ink-3'}`}>
      {icon}
      {children}
    </span>
  );
}
