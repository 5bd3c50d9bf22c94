// The REST API: one client made from its document, and one kind of error.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

/** The shapes of the API's document by name. */
export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];
export type Found = Schemas['Found'];
export type Role = Schemas['Role'];

/** Requests go to the server that sent the page, with the session's cookie. */
export const api = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? 'http://localhost' : location.origin,
  // Asked for at each call, so that a test can put its own in its place.
  fetch: (request) => globalThis.fetch(request),
});

/** What the server refused, in its own words; `code` tells cases apart. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The server cannot be reached at all. */
export class OfflineError extends Error {
  constructor() {
    super('The server cannot be reached. Check your connection; nothing was lost.');
    this.name = 'OfflineError';
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function problemOf(error: unknown, response: Response): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error && 'title' in error) return error as Problem;
  return {
    type: 'about:blank',
    title: `The server answered ${response.status}`,
    status: response.status,
    code: 'unknown',
    detail: typeof error === 'string' && error ? error.slice(0, 500) : `The server answered ${response.status} without saying why.`,
  };
}

/** The answer's body, or the reason why there is none as an `ApiError`. */
export async function unwrap<T>(asked: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data } = await unwrapAnswer(asked);
  return data as NonNullable<T>;
}

/** The same with the response, for its headers. */
export async function unwrapAnswer<T>(asked: Promise<Answer<T>>): Promise<{ data: T | undefined; response: Response }> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    if (error instanceof TypeError) throw new OfflineError();
    throw error;
  }
  if (!answer.response.ok) throw new ApiError(problemOf(answer.error, answer.response));
  return { data: answer.data, response: answer.response };
}

/** Whether an error is the server's, with this code. */
export function isProblem(error: unknown, code: string): error is ApiError {
  return error instanceof ApiError && error.code === code;
}

/** The server's words as a sentence: they come without a capital and a full stop. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…:]$/.test(first) ? first : `${first}.`;
}

/** What the server says of one field of the body, in words for beside that field. */
export function errorAt(error: unknown, ...fields: string[]): string | undefined {
  if (!(error instanceof ApiError) || !error.problem.at || !fields.includes(error.problem.at)) return undefined;
  const { detail, title, fix } = error.problem;
  return [detail || title, fix].flatMap((text) => (text ? sentence(text) : [])).join(' ');
}

/** An error as a sentence for people, and how to mend it where that is known. */
export function explain(error: unknown): { title: string; detail?: string; fix?: string } {
  if (error instanceof ApiError) {
    const { title, detail, fix } = error.problem;
    const more = detail && detail !== title ? sentence(detail) : undefined;
    // Some say the title again and then more: once is enough.
    const again = more?.toLowerCase().startsWith(title.toLowerCase()) ?? false;
    return { title: again ? more! : title, detail: again ? undefined : more, fix };
  }
  if (error instanceof Error) return { title: error.message };
  return { title: 'Something went wrong.' };
}
