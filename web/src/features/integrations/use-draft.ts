import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isProblem, type Found } from '@/shared/api/client';
import { toast } from '@/shared/ui/toast';
import { draftQuery, forget, writeDraft, type Draft } from './api';

const none: Found[] = [];

/** The draft as it is edited here, and its way to the server. */
export function useDraft(slug: string, first: Draft) {
  const queries = useQueryClient();
  const [doc, setDoc] = useState(first.doc);
  const [base, setBase] = useState(first);
  const [error, setError] = useState<unknown>(null);
  const [saving, setSaving] = useState(false);
  const [problems, setProblems] = useState(() => queries.getQueryData<Found[]>(['integrations', slug, 'problems']) ?? none);

  const keep = async (revision: string): Promise<string | null> => {
    setSaving(true);
    setError(null);
    try {
      const written = await writeDraft(slug, doc, revision);
      setProblems(written.problems);
      setBase({ doc, revision: written.revision });
      forget(queries, slug);
      return written.revision;
    } catch (fault) {
      setError(fault);
      return null;
    } finally {
      setSaving(false);
    }
  };
  /** What the server has now, in place of what was edited here. */
  const reload = async (problems: Found[] = none) => {
    const fresh = await queries.fetchQuery({ ...draftQuery(slug), staleTime: 0 });
    setDoc(fresh.doc);
    setBase(fresh);
    setProblems(problems);
    setError(null);
    forget(queries, slug);
  };

  return {
    doc,
    setDoc,
    revision: base.revision,
    dirty: doc !== base.doc,
    saving,
    error,
    /** Someone else wrote the draft since it was read here. */
    overtaken: isProblem(error, 'revision-differs'),
    problems,
    setProblems,
    /** The revision that it has now; null where it was refused. */
    save: () => keep(base.revision),
    /** Writes over what someone else wrote, on the person's word. */
    overwrite: async () => {
      const { revision } = await queries.fetchQuery({ ...draftQuery(slug), staleTime: 0 });
      if ((await keep(revision)) !== null) toast('Your draft is saved over the other one.');
    },
    reload,
    discard: () => {
      setDoc(base.doc);
      setError(null);
    },
  };
}

export type DraftState = ReturnType<typeof useDraft>;
