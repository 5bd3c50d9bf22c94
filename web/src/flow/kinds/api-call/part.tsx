import type { ReactNode } from 'react';
import { SeverityIcon } from '@/shared/ui/badge';
import { Section } from '@/shared/ui/section';
import { useWorst } from '../../field-problems';

interface PartProps {
  node: string;
  title: string;
  /** The fields in it: it opens where the check has something to say of one. */
  fields: readonly string[];
  note?: ReactNode;
  count?: number;
  open?: boolean;
  children: ReactNode;
}

/** A section of the panel. */
export function Part({ node, title, fields, note, count, open, children }: PartProps) {
  const worst = useWorst(node, fields);
  const mark = (
    <>
      {count ? <span className="rounded bg-sunken px-1.5 text-xs font-normal text-ink-2">{count}</span> : null}
      {worst && (
        <span className="[&_svg]:size-3.5">
          <SeverityIcon severity={worst} />
        </span>
      )}
    </>
  );
  return (
    <Section title={title} note={note} open={open} needed={worst !== null} mark={mark}>
      {children}
    </Section>
  );
}
