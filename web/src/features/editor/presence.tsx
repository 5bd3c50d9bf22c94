// Who else has this flow open, and what they do to its draft.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useStream } from '@/shared/api/streams';
import { toast } from '@/shared/ui/toast';
import { useLatest } from '@/shared/lib/hooks';
import { checkDoc, flowQuery, readDraft } from './api';
import type { Draft, DraftState } from './draft/draft';

export interface Present {
  id: string;
  name: string;
  since: string;
  you: boolean;
}

interface Changed {
  revision: number;
  by: string;
}

const events = ['editors', 'draft', 'published', 'lagged'] as const;

export function usePresence(slug: string, draft: Draft, state: DraftState): Present[] {
  const queries = useQueryClient();
  const [editors, setEditors] = useState<Present[]>([]);
  // What somebody wrote is looked at once our own write is through: it may have been ours.
  const pending = useRef<Changed | null>(null);
  const latest = useLatest(state);

  const follow = useLatest(async () => {
    const changed = pending.current;
    if (!changed || latest.current.save.at !== 'saved' || draft.dirty) return;
    pending.current = null;
    if (changed.revision <= draft.get().revision) return;
    try {
      const theirs = await readDraft(slug);
      if (draft.dirty || theirs.revision <= draft.get().revision) return;
      draft.takeTheirs(theirs, `take the draft of ${changed.by}`);
      toast(`${changed.by} changed the draft.`);
      const problems = await checkDoc(theirs.doc);
      if (draft.get().revision === theirs.revision) draft.setProblems(problems);
    } catch {
      // The next write tells that the draft has moved on.
    }
  });

  useEffect(() => {
    void follow.current();
  }, [state.save.at, state.revision, follow]);

  useStream(`/v1/flows/${encodeURIComponent(slug)}/draft/stream`, events, (name, data) => {
    if (name === 'editors' && Array.isArray(data)) setEditors(data as Present[]);
    if (name === 'draft') {
      pending.current = data as Changed;
      void follow.current();
    }
    if (name === 'lagged') {
      // Something was missed: the draft is read again.
      pending.current = { revision: Infinity, by: 'Somebody' };
      void follow.current();
    }
    if (name === 'published') void queries.invalidateQueries({ queryKey: flowQuery(slug).queryKey });
  });
  return editors;
}

/** The others who are here, each by the first letters of the name. */
export function PresentOthers({ present }: { present: Present[] }) {
  const others = [...new Map(present.filter(({ you }) => !you).map((each) => [each.name, each])).values()];
  if (others.length === 0) return null;
  const names = others.map(({ name }) => name).join(', ');
  return (
    <div role="img" aria-label={`Also here: ${names}`} title={`Also here: ${names}`} className="flex -space-x-1.5">
      {others.slice(0, 3).map(({ id, name }) => (
        <span key={id} className="flex size-6 items-center justify-center rounded-full border border-surface bg-accent-soft text-xs font-medium text-accent-text">
          {initials(name)}
        </span>
      ))}
      {others.length > 3 && <span className="flex size-6 items-center justify-center rounded-full border border-surface bg-sunken text-xs text-ink-2">+{others.length - 3}</span>}
    </div>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '').join('').toUpperCase();
}
