import type { ReactNode } from 'react';
import { visible } from '../lib/visible';
import { CopyButton } from './copy';

/** A text as it is: a command, a body, a header. */
export function CodeBlock({ text, label, maxHeight = '24rem', actions }: { text: string; label: string; maxHeight?: string; actions?: ReactNode }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <div className="absolute top-1 right-1 flex gap-1">
        {actions}
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
      {/* A box that scrolls must be reachable with keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre aria-label={label} role="region" tabIndex={0} style={{ maxHeight }} className="overflow-auto py-2 pr-10 pl-3 font-mono text-xs leading-5 break-all whitespace-pre-wrap">
        {visible(text)}
      </pre>
    </div>
  );
}

/** A short piece of code in a sentence. */
export function Code({ children }: { children: ReactNode }) {
  return <code className="rounded bg-sunken px-1 py-0.5 font-mono text-xs break-all">{children}</code>;
}
