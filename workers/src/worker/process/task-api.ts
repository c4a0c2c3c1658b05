import { setTimeout as sleep } from 'node:timers/promises';

import {
  EXECUTION_ROUTES,
  type ConnectionResponse,
  type Grant,
  type VariableResponse,
} from '@tidegate/engine/execution-contract';
import { TidegateError } from '@tidegate/engine/platform';

import { EngineCallError, WORKER_ERRORS } from '../errors.ts';

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
  const known = async (route: string, id: string, missing: TidegateError): Promise<unknown> =>
    get(route, id).catch((err: unknown) => {
      const status = err instanceof EngineCallError ? err.status : undefined;
      throw status === 404 || status === 403 ? missing : err;
    });
  return {
    connection: async (id) =>
      (await known(EXECUTION_ROUTES.connection, id, connectionUnknown(id))) as ConnectionResponse,
    variable: async (id) =>
      (await known(EXECUTION_ROUTES.variable, id, variableUnknown(id))) as VariableResponse,
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
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new EngineCallError(`${path} was answered ${answer.status}`, { status: answer.status });
  }
  return answer.json().catch((cause: unknown) => {
    throw new EngineCallError(`the answer to ${path} broke off`, { cause });
  });
}

function connectionUnknown(id: string): TidegateError {
  return new TidegateError(
    WORKER_ERRORS.connectionUnknown,
    `connection '${id}' is not there for this task: name it in the task's \`connections\`, and set ` +
      `TIDEGATE_CONN_${id.toUpperCase()} or add it to the connections`,
  );
}

function variableUnknown(id: string): TidegateError {
  return new TidegateError(
    WORKER_ERRORS.variableUnknown,
    `there is no variable '${id}': set TIDEGATE_VAR_${id.toUpperCase()} or add it to the variables`,
  );
}
