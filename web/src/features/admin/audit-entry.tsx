import { Minus, Pencil, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatTime } from '@/shared/lib/format';
import { Button } from '@/shared/ui/button';
import { Code, CodeBlock } from '@/shared/ui/code';
import { Sheet } from '@/shared/ui/dialog';
import { Section } from '@/shared/ui/section';
import type { AuditEntry as Entry } from './api';
import { changesOf, type Change } from './changes';

interface Props {
  entry: Entry | null;
  onClose(): void;
  onNarrow(search: { actor?: string; object?: string }): void;
}

/** All that the log knows of one act. */
export function AuditEntry({ entry, onClose, onNarrow }: Props) {
  return (
    <Sheet open={entry !== null} onClose={onClose} title={entry ? `Entry ${entry.number}: ${entry.action}` : ''} description={entry && formatTime(entry.at)}>
      {entry && <Body entry={entry} onNarrow={onNarrow} />}
    </Sheet>
  );
}

function Body({ entry, onNarrow }: { entry: Entry; onNarrow: Props['onNarrow'] }) {
  const object = [entry.object.kind, entry.object.id].filter(Boolean).join('/');
  return (
    <div className="flex flex-col gap-5">
      <dl className="grid grid-cols-[5rem_1fr] gap-x-4 gap-y-2">
        <Line name="Who">
          {entry.actor.name} <span className="text-ink-3">({entry.actor.kind})</span> {entry.actor.id && <Code>{entry.actor.id}</Code>}
        </Line>
        <Line name="From">{entry.from ?? 'The terminal'}</Line>
        <Line name="Object">
          <Code>{object}</Code>
        </Line>
      </dl>
      <div className="flex flex-wrap gap-2">
        {entry.actor.id && (
          <Button size="sm" onClick={() => onNarrow({ actor: entry.actor.id })}>
            Only what {entry.actor.name} did
          </Button>
        )}
        <Button size="sm" onClick={() => onNarrow({ object })}>
          Only this object
        </Button>
      </div>
      <section aria-labelledby="audit-changes">
        <h3 id="audit-changes" className="mb-2 text-sm font-semibold">
          What changed
        </h3>
        <Changes changes={changesOf(entry.before, entry.after)} />
      </section>
      <div>
        <Section title="As JSON">
          <h4 className="text-xs font-medium text-ink-2">Before</h4>
          <CodeBlock label="before" text={JSON.stringify(entry.before, null, 2) ?? 'null'} />
          <h4 className="text-xs font-medium text-ink-2">After</h4>
          <CodeBlock label="after" text={JSON.stringify(entry.after, null, 2) ?? 'null'} />
        </Section>
        <Section title="Hash">
          <CodeBlock label="hash" text={entry.hash} />
          <p className="text-xs text-ink-2">
            SHA-256 over the hash of the entry before and this one: nobody can change an old entry unseen. <Code>callout audit verify</Code> holds the whole log against its hashes.
          </p>
        </Section>
      </div>
    </div>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-ink-2">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

const marks = {
  added: { icon: <Plus role="img" aria-label="Added" />, tone: 'text-ok' },
  removed: { icon: <Minus role="img" aria-label="Removed" />, tone: 'text-bad' },
  changed: { icon: <Pencil role="img" aria-label="Changed" />, tone: 'text-warn' },
};

function Changes({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="text-ink-2">The entry tells no fields that differ.</p>;
  return (
    <ul className="overflow-hidden rounded-md border border-line">
      {changes.map((change) => (
        <li key={change.path} className="flex gap-2.5 border-b px-3 py-2 last:border-b-0">
          <span className={`mt-0.5 [&_svg]:size-4 ${marks[change.what].tone}`}>{marks[change.what].icon}</span>
          <div className="min-w-0 flex-1">
            {change.path && <p className="font-mono text-xs break-all text-ink-2">{change.path}</p>}
            {change.what !== 'added' && <Value value={change.before} gone />}
            {change.what !== 'removed' && <Value value={change.after} />}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Value({ value, gone }: { value: unknown; gone?: boolean }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const Tag = gone ? 'del' : 'ins';
  return <Tag className={`block max-h-60 overflow-auto font-mono text-xs break-all whitespace-pre-wrap no-underline ${gone ? 'text-ink-3 line-through' : ''}`}>{text}</Tag>;
}
