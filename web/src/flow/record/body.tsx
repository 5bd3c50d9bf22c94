import { EyeOff } from 'lucide-react';
import { useMemo, useState } from 'react';
import { formatBytes } from '@/shared/lib/format';
import { CodeBlock } from '@/shared/ui/code';
import { JsonTree } from '@/shared/ui/json-tree';
import { Segmented } from '@/shared/ui/toggle';
import { CopyButton } from '@/shared/ui/copy';

type View = 'tree' | 'text';

interface BodyProps {
  body: unknown;
  label: string;
  bytes?: number;
  /** Whether it is only the body's beginning. */
  cut?: boolean;
  /** Names its type, where a header told it. */
  type?: string;
}

function parse(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isBytes(body: unknown): body is { base64: string } {
  return typeof body === 'object' && body !== null && Object.keys(body).length === 1 && typeof (body as { base64?: unknown }).base64 === 'string';
}

/** A body as a tree or as its text. Whatever it holds is shown as text. */
export function Body({ body, label, bytes, cut, type }: BodyProps) {
  const tree = useMemo(() => (typeof body === 'object' && body !== null && !isBytes(body) ? body : typeof body === 'string' ? parse(body) : undefined), [body]);
  const text = useMemo(() => (isBytes(body) ? body.base64 : typeof body === 'string' ? body : (JSON.stringify(body, null, 2) ?? '')), [body]);
  const [view, setView] = useState<View>('tree');
  if (body === null || body === undefined || body === '') return <p className="text-ink-3">No body.</p>;
  if (body === '***' || body === '(removed)') return <Hidden removed={body === '(removed)'} />;
  const shown = tree === undefined ? 'text' : view;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {tree !== undefined && (
          <Segmented<View>
            label={`${label} as`}
            value={view}
            options={[
              { value: 'tree', label: 'Tree' },
              { value: 'text', label: 'Text' },
            ]}
            onChange={setView}
          />
        )}
        <span className="text-xs text-ink-3">{[type, bytes === undefined ? '' : formatBytes(bytes), isBytes(body) ? 'not a text: shown as base64' : ''].filter(Boolean).join(' · ')}</span>
      </div>
      {cut && <p className="text-xs text-warn">Longer than a record keeps: this is its beginning.</p>}
      {shown === 'text' ? <CodeBlock label={label} text={text} /> : <Tree value={tree} label={label} text={text} />}
    </div>
  );
}

/** A value to look through, in a box of its own. */
export function Tree({ value, label, text, openDepth = 3 }: { value: unknown; label: string; text?: string; openDepth?: number }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <div className="absolute top-1 right-1">
        <CopyButton text={text ?? JSON.stringify(value, null, 2)} label={`Copy ${label}`} />
      </div>
      {/* A box that scrolls must be reachable with keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div role="region" aria-label={`${label} as a tree`} tabIndex={0} className="max-h-96 overflow-auto py-2 pr-10 pl-1">
        <JsonTree value={value} label={label} openDepth={openDepth} />
      </div>
    </div>
  );
}

function Hidden({ removed }: { removed: boolean }) {
  return (
    <p className="flex items-center gap-2 rounded-md border border-dashed border-line px-3 py-2 text-ink-2">
      <EyeOff aria-hidden className="size-4 shrink-0" />
      {removed ? 'Removed: bodies are kept for a shorter time than runs.' : 'Hidden (***): bodies are shown from the role operator up, and secrets to nobody.'}
    </p>
  );
}
