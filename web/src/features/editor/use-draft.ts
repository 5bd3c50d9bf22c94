// The draft of the open flow, told to React, and what keeps it in step with the server.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useSession } from '@/shared/api/session';
import { toast } from '@/shared/ui/toast';
import { checkDoc, flowQuery, readDraft, writeDraft, type OpenedDraft } from './api';
import { Draft } from './draft/draft';
import { forgetUnsaved, keepUnsaved, readUnsaved } from './draft/unsaved';

export function useDraft(slug: string, opened: OpenedDraft, readOnly: boolean) {
  const queries = useQueryClient();
  const { org } = useSession();
  const [draft] = useState(
    () =>
      new Draft(opened, {
        async put(doc, revision) {
          const written = await writeDraft(slug, doc, revision);
          queries.setQueryData(flowQuery(slug).queryKey, (flow) => flow && { ...flow, ...written.flow });
          return written;
        },
        read: () => readDraft(slug),
        keep: (unsaved) => keepUnsaved(org, slug, unsaved),
        forget: () => forgetUnsaved(org, slug),
      }),
  );
  const state = useSyncExternalStore(draft.subscribe, draft.get);

  useEffect(() => {
    const kept = readOnly ? null : readUnsaved(org, slug);
    if (kept && !draft.dirty) {
      draft.restore(kept.doc, kept.revision === opened.revision);
      if (draft.dirty) toast('What was not saved the last time is back.');
    }
    let current = true;
    // The answer to the first write says it too; until then the check is asked.
    checkDoc(opened.doc).then(
      (problems) => current && draft.get().revision === opened.revision && draft.setProblems(problems),
      () => undefined,
    );
    return () => {
      current = false;
      draft.retry();
    };
  }, [draft, org, slug, opened, readOnly]);

  useEffect(() => {
    const again = () => draft.retry();
    const warn = (event: BeforeUnloadEvent) => {
      if (draft.dirty) event.preventDefault();
    };
    addEventListener('online', again);
    addEventListener('beforeunload', warn);
    return () => {
      removeEventListener('online', again);
      removeEventListener('beforeunload', warn);
    };
  }, [draft]);

  return { draft, state };
}
