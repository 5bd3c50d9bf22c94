// All that the check says of the draft; each row leads to its node and field.
import { CircleCheck, ExternalLink } from 'lucide-react';
import { useMemo } from 'react';
import { triggerId } from '@/flow/graph';
import type { Found } from '@/shared/api/client';
import { SeverityIcon } from '@/shared/ui/badge';
import { nodeName } from '../edits';
import { useEditor } from '../editor-context';
import { sortProblems, whereIs } from '../problems';
import { Words } from '@/shared/ui/words';
import { sentence } from '@/shared/api/client';

export function ProblemsPanel() {
  const { doc, state } = useEditor();
  const problems = useMemo(() => sortProblems(doc, state.problems), [doc, state.problems]);
  if (problems.length === 0) {
    return (
      <p className="flex items-center gap-2 px-4 py-2 text-ink-2">
        <CircleCheck aria-hidden className="size-4 shrink-0 text-ok" />
        Nothing is wrong with this draft.
      </p>
    );
  }
  return (
    <ul className="min-h-0 flex-1 overflow-auto border-t">
      {problems.map((problem, index) => (
        <ProblemRow key={`${problem.at} ${problem.code} ${index}`} problem={problem} />
      ))}
    </ul>
  );
}

function ProblemRow({ problem }: { problem: Found }) {
  const { doc, openPanel, openDialog } = useEditor();
  const { node, field } = whereIs(problem.at);
  const known = node !== null && (node === triggerId || node in doc.nodes);
  const lead = () => {
    if (known) openPanel(node, { field: field || undefined, focus: true, reveal: true });
    else openDialog('settings');
  };
  return (
    <li className="border-b px-4 py-2.5 hover:bg-hover">
      <button type="button" onClick={lead} className="flex w-full gap-2 rounded text-left">
        <span className="pt-0.5">
          <SeverityIcon severity={problem.severity} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block text-xs break-words text-ink-3">
            {known ? nodeName(doc, node) : 'The flow'}
            {field && <span className="font-mono"> · {field}</span>}
          </span>
          <span className="block break-words"><Words text={sentence(problem.message)} /></span>
          {problem.fix && <span className="block break-words text-ink-2"><Words text={sentence(problem.fix)} /></span>}
        </span>
      </button>
      <a href={`/docs/problems/${encodeURIComponent(problem.code)}`} target="_blank" rel="noreferrer noopener" className="mt-0.5 ml-6 inline-flex h-6 items-center gap-1 rounded text-xs text-accent-text hover:underline">
        {problem.code}
        <ExternalLink aria-hidden className="size-3" />
        <span className="sr-only">(opens a page about it)</span>
      </a>
    </li>
  );
}
