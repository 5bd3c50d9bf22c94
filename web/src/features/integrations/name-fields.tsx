import { useState } from 'react';
import { slugOf } from '@/shared/lib/format';
import { TextField } from '@/shared/ui/input';

export interface Names {
  name: string;
  slug: string;
}

/** A name for people, and the slug that is made of it until it is written by hand. */
export function useNames(first: Names = { name: '', slug: '' }) {
  const [names, setNames] = useState(first);
  const [own, setOwn] = useState(false);
  return {
    ...names,
    set: (next: Names) => setNames(next),
    setName: (name: string) => setNames({ name, slug: own ? names.slug : slugOf(name) }),
    setSlug: (slug: string) => {
      setOwn(true);
      setNames({ ...names, slug });
    },
  };
}

export function NameFields({ names, slugError }: { names: ReturnType<typeof useNames>; slugError?: string }) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <TextField label="Name" required value={names.name} onChange={(event) => names.setName(event.target.value)} placeholder="Customer database" />
      <TextField label="Slug" required mono value={names.slug} error={slugError} onChange={(event) => names.setSlug(event.target.value)} placeholder="customer-database" hint="What flows call it by. It stays." />
    </div>
  );
}
