// What the check says of this node, above its form: in full what is about all of it, and by name the fields that show theirs themselves.
import { SeverityIcon } from '@/shared/ui/badge';
import { useEditor } from '../editor-context';
import { sortProblems, whereIs } from '../problems';
import { Words } from '@/shared/ui/words';
import { sentence } from '@/shared/api/client';

/** Fields that the form below does not show. */
const fieldless = /^(next|name|description|type|start)?$/;

export function NodeProblems({ id, not }: { id: string; /** Shown elsewhere in the panel. */ not?: RegExp }) {
  const { doc, state, openPanel } = useEditor();
  const problems = sortProblems(doc, state.problems.filter(({ at }) => whereIs(at).node === id && !not?.test(at)));
  if (problems.length === 0) return null;
  const whole = problems.filter(({ at }) => fieldless.test(whereIs(at).field));
  const fields = problems.filter(({ at }) => !fieldless.test(whereIs(at).field));
  return (
    <ul aria-label="Problems of this node" className="mb-3 flex flex-col gap-1.5 rounded-md bg-sunken px-3 py-2 text-xs">
      {whole.map((problem, index) => (
        <li key={`${problem.code} ${index}`} className="flex gap-2">
          <SeverityIcon severity={problem.severity} />
          <span className="min-w-0 break-words">
            <Words text={sentence(problem.message)} /> {problem.fix && <span className="text-ink-2"><Words text={sentence(problem.fix)} /></span>}
          </span>
        </li>
      ))}
      {fields.length > 0 && (
        <li className="flex gap-2">
          <SeverityIcon severity={fields[0]!.severity} />
          <span className="flex min-w-0 flex-wrap gap-x-3">
            {[...new Set(fields.map(({ at }) => whereIs(at).field))].map((field) => (
              <button key={field} type="button" onClick={() => openPanel(id, { field, focus: true })} className="min-h-6 rounded font-mono break-all text-accent-text hover:underline">
                {field}
              </button>
            ))}
          </span>
        </li>
      )}
    </ul>
  );
}
