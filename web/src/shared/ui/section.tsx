import { ChevronRight } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { cn } from '../lib/cn';

interface SectionProps {
  title: string;
  note?: ReactNode;
  open?: boolean;
  /** Opens it: something in it wants to be seen. */
  needed?: boolean;
  /** Beside its title, open or closed: how many, what is wrong. */
  mark?: ReactNode;
  children: ReactNode;
}

/** A part of a form that stays out of the way until it is needed; `note` tells what is set in it while it is closed. */
export function Section({ title, note, open: first = false, needed = false, mark, children }: SectionProps) {
  const [open, setOpen] = useState(first || needed);
  const [wasNeeded, setWasNeeded] = useState(needed);
  if (needed !== wasNeeded) {
    setWasNeeded(needed);
    if (needed) setOpen(true);
  }
  return (
    <section className="border-t py-1">
      <h3>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex h-8 w-full items-center gap-1.5 rounded text-left text-sm font-medium hover:text-accent-text">
          <ChevronRight aria-hidden className={cn('size-4 shrink-0 text-ink-3 transition-transform', open && 'rotate-90')} />
          <span className="shrink-0">{title}</span>
          {mark}
          {!open && note && <span className="min-w-0 truncate pl-1 text-xs font-normal text-ink-3">{note}</span>}
        </button>
      </h3>
      {open && <div className="flex flex-col gap-3 pt-1 pb-3">{children}</div>}
    </section>
  );
}
