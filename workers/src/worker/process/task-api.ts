import { setTimeout as sleep } from 'node:timers/promises';

import {
  EXECUTION_ROUTES,
  type ConnectionResponse,
  type Grant,
  type VariableResponse,
} from '@tidegate/engine/execution-contract';
import { TidegateError } from '@tidegate/engine/platform';

import { EngineCallError, readErrorAnswer } from '../errors.ts';

export interface TaskApiOptions {
  readonly executionUrl: string;
  readonly grant: Grant;
  readonly signal: AbortSignal;
  readonly waitingFor: (what: string | undefined) => void;
}

/** What a task asks the engine for, with its own token. */
export interface TaskApi {
  connection(id: string): Promise<ConnectionResponse>;
  variable(id: string): Promise<VariableResponse>;
}

const ANSWER_MS = 10_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** An engine that is away is waited for until the task's signal aborts: an outage fails no task. */
export function createTaskApi(options: TaskApiOptions): TaskApi {
  const get = async (route: string, id: string): Promise<unknown> => {
    const url = `${options.executionUrl.replace(/\/+$/, '')}${route}/${encodeURIComponent(id)}`;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        const answer = await getOnce(url, options);
        if (waitMs > FIRST_WAIT_MS) options.waitingFor(undefined);
        return answer;
      } catch (err) {
        options.signal.throwIfAborted();
        if (!(err instanceof EngineCallError) || !err.retriable) throw err;
        options.waitingFor('the engine, for a connection or variable');
        await sleep(waitMs, undefined, { signal: options.signal });
      }
    }
  };
  return {
    connection: async (id) => (await get(EXECUTION_ROUTES.connection, id)) as ConnectionResponse,
    variable: async (id) => (await get(EXECUTION_ROUTES.variable, id)) as VariableResponse,
  };
}

async function getOnce(url: string, { grant, signal }: TaskApiOptions): Promise<unknown> {
  const path = new URL(url).pathname;
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${grant.taskToken}` },
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  }).catch((cause: unknown) => {
    throw new EngineCallError(`${path} got no answer`, { cause });
  });
  if (!answer.ok) throw refusal(path, answer.status, await answer.text().catch(() => ''));
  return answer.json().catch((cause: unknown) => {
    throw new EngineCallError(`the answer to ${path} broke off`, { cause });
  });
}

/** The engine's own words: it knows whether a connection is missing or only not declared. */
function refusal(path: string, status: number, text: string): TidegateError {
  const { code, message } = readErrorAnswer(text);
  const failure = new EngineCallError(message ?? `${path} was answered ${status}`, { status });
  if (failure.retriable || code === undefined) return failure;
  return new TidegateError(code, failure.message);
}
