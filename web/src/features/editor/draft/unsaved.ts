// What is not saved yet, in the browser's own store: a tab that was closed too early loses nothing.
import type { Stored } from './draft';

const keyOf = (org: string, slug: string) => `callout.unsaved.${org}.${slug}`;

export function keepUnsaved(org: string, slug: string, unsaved: Stored) {
  try {
    localStorage.setItem(keyOf(org, slug), JSON.stringify(unsaved));
  } catch {
    // The store is full or closed: the server still gets it.
  }
}

export function forgetUnsaved(org: string, slug: string) {
  localStorage.removeItem(keyOf(org, slug));
}

export function readUnsaved(org: string, slug: string): Stored | null {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(org, slug)) ?? 'null') as Stored | null;
    return kept && typeof kept.revision === 'number' && typeof kept.doc?.nodes === 'object' ? kept : null;
  } catch {
    return null;
  }
}
