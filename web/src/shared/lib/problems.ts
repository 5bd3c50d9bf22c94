// What the server's check found, by the field that it stands at.
import { ApiError, sentence, type Found } from '../api/client';

/** The problems of one field, `operations.find.query[0].value`; with `deep`, those below it too. */
export function problemsAt(problems: Found[], at: string, deep = false): Found[] {
  return problems.filter((problem) => problem.at === at || (deep && (problem.at.startsWith(`${at}.`) || problem.at.startsWith(`${at}[`))));
}

/** Problems as one text for beside a field; nothing where there are none. */
export function wordsOf(problems: Found[]): string | undefined {
  if (problems.length === 0) return undefined;
  return problems.flatMap(({ message, fix }) => [message, fix].flatMap((text) => (text ? sentence(text) : []))).join(' ');
}

/** What a refusal says of single fields, whichever way it says it. */
export function foundIn(error: unknown): Found[] {
  if (!(error instanceof ApiError)) return [];
  const { problems, at, code, detail, fix } = error.problem;
  if (problems && problems.length > 0) return problems;
  return at ? [{ at, code, severity: 'error', message: detail, fix }] : [];
}
