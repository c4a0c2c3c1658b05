import { ApiError } from './api-error.ts';

const WITHIN_MS = 15_000;

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Asks the API, signed in by the session's cookie. Throws an `ApiError`: status 0 when nothing answered within
 * 15 seconds, else what was answered.
 */
export async function callApi<Answer>(path: string, call: Call = {}): Promise<Answer> {
  const response = await send(path, call);
  const text = await response.text().catch(() => '');
  const body = parse(text);
  if (response.ok) return body as Answer;
  throw toError(response.status, body);
}

async function send(path: string, { method = 'GET', body, signal }: Call): Promise<Response> {
  const signals = [AbortSignal.timeout(WITHIN_MS), ...(signal === undefined ? [] : [signal])];
  const hasBody = body !== undefined;
  try {
    return await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(hasBody && { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.any(signals),
      ...(hasBody && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, `no answer from ${location.host}`);
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

interface FieldProblem {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
}

/** Airflow's error body: one sentence, or what is wrong with each field. */
function toError(status: number, body: unknown): ApiError {
  const detail = (body as { detail?: string | readonly FieldProblem[] } | null)?.detail;
  if (typeof detail === 'string') return new ApiError(status, detail);
  if (!Array.isArray(detail)) return new ApiError(status, `the API answered ${status}`);
  const problems = detail as readonly FieldProblem[];
  const fields = new Map(problems.map(({ loc, msg }) => [loc.join('.'), msg]));
  const sentence = problems.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
  return new ApiError(status, sentence, fields);
}
