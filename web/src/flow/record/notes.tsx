import { TriangleAlert } from 'lucide-react';
import { Words } from '@/shared/ui/words';
import type { Note } from './types';

/** What happened on the way that did not decide how it ended. */
export function Notes({ notes, label = 'Problems' }: { notes: Note[]; label?: string }) {
  if (notes.length === 0) return null;
  return (
    <ul aria-label={label} className="flex flex-col gap-1">
      {notes.map((note, index) => (
        <li key={index} className="flex gap-2 rounded-md bg-warn-soft px-3 py-1.5 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words">
            <Words text={note.message} />{' '}
            <a href={`/docs/problems/${encodeURIComponent(note.code)}`} target="_blank" rel="noreferrer noopener" className="underline">
              {note.code}
            </a>
          </span>
        </li>
      ))}
    </ul>
  );
}
