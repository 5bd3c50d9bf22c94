import { ChevronRight } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { cn } from '../lib/cn';
import { visible } from '../lib/visible';

export type PathStep = string | number;

interface JsonTreeProps {
  value: unknown;
  /** Names the root, for screen readers. */
  label: string;
  /** Makes every value a button. */
  onPick?(path: PathStep[], value: unknown): void;
  /** How deep it is open at first. */
  openDepth?: number;
}

/** The most entries of one list or object that are drawn before asking. */
const pageSize = 100;
/** Deeper than this nothing is indented further, so that there is room for it. */
const indentMax = 12;
/** Longer texts are shown cut, with a button for the rest. */
const textMax = 500;

/** A JSON value to look through. Everything in it is text. */
export function JsonTree({ value, label, onPick, openDepth = 2 }: JsonTreeProps) {
  return (
    <ul aria-label={label} className="font-mono text-xs leading-5">
      <Branch name={null} value={value} path={[]} depth={0} openDepth={openDepth} onPick={onPick} />
    </ul>
  );
}

interface BranchProps extends Omit<JsonTreeProps, 'label'> {
  name: PathStep | null;
  path: PathStep[];
  depth: number;
  openDepth: number;
}

function Branch({ name, value, path, depth, openDepth, onPick }: BranchProps) {
  const [open, setOpen] = useState(depth < openDepth);
  const [shown, setShown] = useState(pageSize);
  const nested = typeof value === 'object' && value !== null;
  const entries: [PathStep, unknown][] = !nested ? [] : Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value);
  const indent = { paddingLeft: Math.min(depth, indentMax) * 14 };
  const key = name === null ? null : <span className="text-ink-2">{typeof name === 'number' ? name : visible(JSON.stringify(name))}: </span>;
  if (!nested || entries.length === 0) {
    return (
      <li style={indent} className="flex gap-1 pl-4">
        <span className="w-4 shrink-0" />
        <Leaf path={path} value={value} onPick={onPick}>
          {key}
        </Leaf>
      </li>
    );
  }
  const count = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <li>
      <div style={indent} className="flex items-start gap-1">
        <button type="button" aria-expanded={open} aria-label={`${open ? 'Close' : 'Open'} ${name ?? 'the whole value'}`} onClick={() => setOpen(!open)} className="w-4 shrink-0 pt-0.5">
          <ChevronRight aria-hidden className={cn('size-4 text-ink-3 transition-transform', open && 'rotate-90')} />
        </button>
        <Pickable path={path} value={value} onPick={onPick}>
          {key}
          <span className="text-ink-3">{count}</span>
        </Pickable>
      </div>
      {open && (
        <ul>
          {entries.slice(0, shown).map(([step, item]) => (
            <Branch key={step} name={step} value={item} path={[...path, step]} depth={depth + 1} openDepth={openDepth} onPick={onPick} />
          ))}
          {entries.length > shown && (
            <li style={{ paddingLeft: (depth + 1) * 14 + 16 }}>
              <button type="button" className="text-accent-text underline" onClick={() => setShown(shown + pageSize)}>
                {entries.length - shown} more
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

function Leaf({ path, value, onPick, children }: { path: PathStep[]; value: unknown; onPick: JsonTreeProps['onPick']; children: ReactNode }) {
  const [whole, setWhole] = useState(false);
  const text = visible(JSON.stringify(value) ?? 'undefined');
  const cut = !whole && text.length > textMax;
  const tone = typeof value === 'string' ? 'text-ok' : typeof value === 'number' ? 'text-accent-text' : 'text-warn';
  return (
    <span className="min-w-0">
      <Pickable path={path} value={value} onPick={onPick}>
        {children}
        <span className={cn('break-all whitespace-pre-wrap', tone)}>{cut ? `${text.slice(0, textMax)}…` : text}</span>
      </Pickable>
      {cut && (
        <button type="button" className="ml-1 text-accent-text underline" onClick={() => setWhole(true)}>
          all {text.length} characters
        </button>
      )}
    </span>
  );
}

function Pickable({ path, value, onPick, children }: { path: PathStep[]; value: unknown; onPick: JsonTreeProps['onPick']; children: ReactNode }) {
  if (!onPick) return <span>{children}</span>;
  return (
    <button type="button" title="Save as a variable" onClick={() => onPick(path, value)} className="rounded text-left hover:bg-accent-soft">
      {children}
    </button>
  );
}
