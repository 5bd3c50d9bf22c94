import { useContext } from 'react';
import { sentence } from '@/shared/api/client';
import { Words } from '@/shared/ui/words';
import { SeverityIcon } from '@/shared/ui/badge';
import { FlowContext, problemsOfField } from '../context';

/** What the check says of one field, below it; with `deep` of all in it too. */
export function FieldProblems({ node, field, deep }: { node: string; field: string; deep?: boolean }) {
  const flow = useContext(FlowContext);
  const problems = flow ? problemsOfField(flow.problemsAt(node), node, field, deep) : [];
  if (problems.length === 0) return null;
  return (
    <ul className="flex flex-col gap-0.5 text-xs break-words">
      {problems.map((problem, index) => (
        <li key={index} className="flex gap-1 text-ink-2 [&_svg]:mt-0.5 [&_svg]:size-3">
          <SeverityIcon severity={problem.severity} />
          <span className="min-w-0">
            <Words text={sentence(problem.message)} />
            {problem.fix && (
              <span className="text-ink-3">
                {' '}
                <Words text={problem.fix} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
