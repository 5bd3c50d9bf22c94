import { useState } from 'react';
import { slugOf } from '@/shared/lib/format';
import { TextField } from '@/shared/ui/input';
import { isTaken } from './api';

export interface Names {
  name: string;
  slug: string;
}

/** A name, and the slug that follows it until somebody writes one. */
export function useNames(first: Names = { name: '', slug: '' }) {
  const [names, set] = useState({ ...first, own: first.slug !== '' });
  return {
    name: names.name,
    slug: names.slug,
    setName: (name: string) => set({ ...names, name, slug: names.own ? names.slug : slugOf(name) }),
    setSlug: (slug: string) => set({ ...names, slug, own: slug !== '' }),
    propose: (name: string, slug: string) => set({ name, slug, own: false }),
  };
}

export function NameFields({ names, error, focus }: { names: ReturnType<typeof useNames>; error: unknown; focus?: boolean }) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {/* The dialog was opened to fill in this field. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <TextField label="Name" required autoFocus={focus} value={names.name} placeholder="Caller lookup" onChange={(event) => names.setName(event.target.value)} />
      <SlugField slug={names.slug} onChange={names.setSlug} error={error} />
    </div>
  );
}

export function SlugField({ slug, onChange, error }: { slug: string; onChange(slug: string): void; error: unknown }) {
  return (
    <TextField
      label="Slug"
      required
      mono
      value={slug}
      placeholder="caller-lookup"
      error={isTaken(error) ? 'There is a flow with this slug already. Take another.' : undefined}
      hint="Names the flow in addresses and in the API."
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
