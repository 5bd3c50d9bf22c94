// What the check says of this node, above its form.
import { SeverityIcon } from '@/shared/ui/badge';
import { useEditor } from '../editor-context';
import { sortProblems, whereIs } from '../problems';

/** More are behind the list of problems. */
const shownMax = 4;

export function NodeProblems({ id }: { id: string }) {
  const { doc, state, setDock, openPanel } = useEditor();
  const problems = sortProblems(doc, state.problems.filter(({ at }) => whereIs(at).node === id));
  if (problems.length === 0) return null;
  return (
    <ul aria-label="Problems of this node" className="mb-3 flex flex-col gap-1.5 rounded-md bg-sunken px-3 py-2">
      {problems.slice(0, shownMax).map((problem, index) => {
        const { field } = whereIs(problem.at);
        return (
          <li key={`${problem.at} ${problem.code} ${index}`} className="flex gap-2 text-xs">
            <SeverityIcon severity={problem.severity} />
            <span className="min-w-0 break-words">
              {field && (
                <button type="button" onClick={() => openPanel(id, { field, focus: true })} className="mr-1 rounded font-mono text-accent-text hover:underline">
                  {field}
                </button>
              )}
              {problem.message} {problem.fix && <span className="text-ink-2">{problem.fix}</span>}
            </span>
          </li>
        );
      })}
      {problems.length > shownMax && (
        <li>
          <button type="button" className="rounded text-xs text-accent-text hover:underline" onClick={() => setDock('problems')}>
            {problems.length - shownMax} more
          </button>
        </li>
      )}
    </ul>
  );
}
