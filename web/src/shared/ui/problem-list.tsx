import { useState } from 'react';
import { ApiError, sentence, type Found } from '../api/client';
import { SeverityIcon } from './badge';
import { ErrorNote } from './states';
import { Words } from './words';

/** The most problems that are drawn before asking. */
const shownMax = 20;

/** What the check found; with `onGo` each place leads to its field. */
export function ProblemList({ problems, onGo }: { problems: Found[]; onGo?(at: string): void }) {
  const [all, setAll] = useState(false);
  const shown = all ? problems : problems.slice(0, shownMax);
  return (
    <ul aria-label="Problems" className="flex flex-col gap-1.5">
      {shown.map((problem, index) => (
        <li key={index} className="flex items-start gap-2">
          <span className="mt-0.5 flex">
            <SeverityIcon severity={problem.severity} />
          </span>
          <span className="min-w-0 break-words">
            {problem.at &&
              (onGo ? (
                <button type="button" className="mr-1.5 rounded font-mono text-xs break-all text-accent-text hover:underline" onClick={() => onGo(problem.at)}>
                  {problem.at}
                </button>
              ) : (
                <span className="mr-1.5 font-mono text-xs break-all text-ink-2">{problem.at}</span>
              ))}
            <Words text={sentence(problem.message)} />
            {problem.fix && (
              <span className="text-ink-2">
                {' '}
                <Words text={sentence(problem.fix)} />
              </span>
            )}
          </span>
        </li>
      ))}
      {!all && problems.length > shownMax && (
        <li>
          <button type="button" className="text-accent-text hover:underline" onClick={() => setAll(true)}>
            {problems.length - shownMax} more
          </button>
        </li>
      )}
    </ul>
  );
}

/** Why the server refused, and each of the problems that it tells of. */
export function Refusal({ error }: { error: unknown }) {
  if (!error) return null;
  const problems = error instanceof ApiError ? (error.problem.problems ?? []) : [];
  const told = problems.length === 1 && error instanceof ApiError && problems[0]!.message === error.problem.detail;
  return (
    <div className="flex flex-col gap-2">
      <ErrorNote error={error} />
      {problems.length > 0 && !told && <ProblemList problems={problems} />}
    </div>
  );
}
