import { useState, type ReactNode } from 'react';
import type { Found } from '@/shared/api/client';
import { cn } from '@/shared/lib/cn';
import { SeverityIcon } from '@/shared/ui/badge';
import type { Mark } from './code';
import type { Rendered } from './render';
import { Words } from '@/shared/ui/words';
import { sentence } from '@/shared/api/client';

interface NotesProps {
  id: string;
  rendered: Rendered | null;
  problems: Found[];
  unknown: Mark[];
  error?: ReactNode;
  quiet?: boolean;
}

/** Below a field: what its templates come to, and what is wrong with it. */
export function Notes({ id, rendered, problems, unknown, error, quiet }: NotesProps) {
  // The check says it better where it has something to say.
  const told = problems.map((problem) => problem.message);
  const failed = rendered?.error && !told.includes(rendered.error.message) ? rendered.error : undefined;
  const marks = problems.some((problem) => problem.code.startsWith('variable')) ? [] : [...new Set(unknown.map((mark) => mark.message))];
  if (!error && problems.length === 0 && !rendered && marks.length === 0) return null;
  return (
    <div id={id} className="flex flex-col gap-0.5 text-xs break-words">
      {error && <p className="text-bad">{error}</p>}
      {problems.map((problem, index) => (
        <p key={index} className="flex gap-1 text-ink-2 [&_svg]:mt-0.5 [&_svg]:size-3">
          <SeverityIcon severity={problem.severity} />
          <span className="min-w-0">
            <Words text={sentence(problem.message)} />
            {problem.fix && <span className="block text-ink-3"><Words text={sentence(problem.fix)} /></span>}
          </span>
        </p>
      ))}
      {marks.map((message) => (
        <p key={message} className="flex gap-1 text-ink-2 [&_svg]:mt-0.5 [&_svg]:size-3">
          <SeverityIcon severity="warning" />
          <span className="min-w-0">{message}</span>
        </p>
      ))}
      {!quiet && rendered && <Outcome rendered={rendered} failed={failed} />}
    </div>
  );
}

function Outcome({ rendered, failed }: { rendered: Rendered; failed: Rendered['error'] | undefined }) {
  const missing = rendered.missing.filter((path) => /^(vars|event|contact|user)\b/.test(path));
  // These are the run's own: there are none before it runs.
  const later = rendered.missing.filter((path) => !missing.includes(path));
  // What is missing explains the error that came of it.
  if (missing.length > 0 && (rendered.error || rendered.value === null || rendered.value === '')) return <p className="text-ink-3">No test value for {missing.join(', ')}</p>;
  if (later.length > 0 && (rendered.error || rendered.value === null || rendered.value === '')) return <p className="text-ink-3">{later.join(', ')}: known when it runs</p>;
  if (failed) {
    return (
      <p className="text-bad">
        <Words text={sentence(failed.message)} />
        {failed.fix && <span className="block text-ink-3"><Words text={sentence(failed.fix)} /></span>}
      </p>
    );
  }
  return rendered.error ? null : <Value value={rendered.value} />;
}

/** Longer than this, or of several lines, it is shown in one line until asked for. */
const lineMax = 64;

function Value({ value }: { value: unknown }) {
  const [whole, setWhole] = useState(false);
  const text = value === undefined || value === null ? '—' : typeof value === 'string' ? value : JSON.stringify(value);
  const long = text.length > lineMax || text.includes('\n');
  return (
    <div className="flex items-start gap-1.5 text-ink-3">
      <span className="shrink-0 select-none" aria-hidden>
        →
      </span>
      <span className="sr-only">With the test values: </span>
      <span className={cn('min-w-0 flex-1 font-mono', whole ? 'max-h-48 overflow-auto break-all whitespace-pre-wrap' : 'truncate')} data-testid="rendered">
        {text === '' ? '(empty)' : text}
      </span>
      {long && (
        <button type="button" className="shrink-0 text-accent-text hover:underline" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? 'Less' : 'All'}
        </button>
      )}
    </div>
  );
}
