// What differs between two documents of a flow, field by field.
import type { Diff } from '../api';

type Field = Diff['fields'][number];

export function DiffView({ diff, onOpen }: { diff: Diff; onOpen?(node: string): void }) {
  if (diff.same) return <p className="text-ink-2">Nothing differs.</p>;
  const { added, removed, changed } = diff.nodes;
  return (
    <div className="flex flex-col gap-4">
      {diff.fields.length > 0 && (
        <section>
          <h3 className="mb-1 text-sm font-semibold">The flow</h3>
          <Fields fields={diff.fields} />
        </section>
      )}
      <Names title="Added" sign="+" look="text-ok" nodes={added} onOpen={onOpen} />
      <Names title="Removed" sign="−" look="text-bad" nodes={removed} />
      {changed.length > 0 && (
        <section>
          <h3 className="mb-1 text-sm font-semibold">Changed</h3>
          <ul className="flex flex-col gap-3">
            {changed.map((node) => (
              <li key={node.id}>
                <NodeWord id={node.id} name={node.name} onOpen={onOpen} />
                <Fields fields={node.fields} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

interface Named {
  id: string;
  name?: string | null;
}

function Names({ title, sign, look, nodes, onOpen }: { title: string; sign: string; look: string; nodes: Named[]; onOpen?(node: string): void }) {
  if (nodes.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      <ul>
        {nodes.map((node) => (
          <li key={node.id} className="flex gap-2">
            <span aria-hidden className={`font-mono ${look}`}>
              {sign}
            </span>
            <NodeWord id={node.id} name={node.name} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function NodeWord({ id, name, onOpen }: Named & { onOpen?(node: string): void }) {
  const text = (
    <>
      {name || id} {name && <span className="font-mono text-xs text-ink-3">{id}</span>}
    </>
  );
  if (!onOpen) return <span className="break-words">{text}</span>;
  return (
    <button type="button" onClick={() => onOpen(id)} className="rounded text-left break-words hover:text-accent-text">
      {text}
    </button>
  );
}

function Fields({ fields }: { fields: Field[] }) {
  return (
    <dl className="mt-1 grid grid-cols-1 gap-x-3 gap-y-1 rounded-md bg-sunken px-3 py-2 text-xs sm:grid-cols-[minmax(6rem,auto)_1fr]">
      {fields.map((field) => (
        <div key={field.path} className="contents">
          <dt className="font-mono break-all text-ink-3">{field.path}</dt>
          <dd className="flex min-w-0 flex-col font-mono">
            {'before' in field && (
              <del className="break-all text-bad no-underline">
                <span aria-hidden>− </span>
                <span className="sr-only">before: </span>
                {text(field.before)}
              </del>
            )}
            {'after' in field && (
              <ins className="break-all text-ok no-underline">
                <span aria-hidden>+ </span>
                <span className="sr-only">after: </span>
                {text(field.after)}
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const longest = 600;

function text(value: unknown): string {
  const whole = typeof value === 'string' ? value : JSON.stringify(value);
  return whole.length > longest ? `${whole.slice(0, longest)}…` : whole;
}
