import { SeverityIcon } from '@/shared/ui/badge';
import { problemsOfField, useFlow } from './context';
import { Words } from '@/shared/ui/words';
import { sentence } from '@/shared/api/client';

/** What the check says of one field, below it. */
export function FieldProblems({ node, field, deep }: { node: string; field: string; deep?: boolean }) {
  const problems = problemsOfField(useFlow().problemsAt(node), node, field, deep);
  if (problems.length === 0) return null;
  return (
    <div className="flex flex-col gap-0.5 text-xs break-words">
      {problems.map((problem, index) => (
        <p key={index} className="flex gap-1 text-ink-2 [&_svg]:mt-0.5 [&_svg]:size-3">
          <SeverityIcon severity={problem.severity} />
          <span className="min-w-0">
            <Words text={sentence(problem.message)} />
            {problem.fix && <span className="block text-ink-3"><Words text={sentence(problem.fix)} /></span>}
          </span>
        </p>
      ))}
    </div>
  );
}

/** Whether the check says something of these fields or what is in them, and how bad it is. */
export function useWorst(node: string, fields: readonly string[]): 'error' | 'warning' | null {
  const problems = useFlow().problemsAt(node);
  const here = fields.flatMap((field) => problemsOfField(problems, node, field, true));
  if (here.length === 0) return null;
  return here.some((problem) => problem.severity === 'error') ? 'error' : 'warning';
}
