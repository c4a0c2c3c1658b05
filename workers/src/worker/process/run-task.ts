import type { Connection, TaskContext, TaskOutcome } from '@tidegate/engine/dag';
import type { Grant, LogLine } from '@tidegate/engine/execution-contract';
import { failpoint } from '@tidegate/engine/platform';
import type { TopicLog } from '@tidegate/engine/topic-log';
import { type TracedTask, traceTask } from '@tidegate/engine/tracing';

import { isSecretName, secretsOfConnection, type SecretMask } from '../secret-mask.ts';
import type { Outbox } from './outbox.ts';
import type { RecentConnections } from './recent-connections.ts';
import { createTaskApi, type TaskApi } from './task-api.ts';
import { createTaskLog, maskLine } from './task-log.ts';
import { TaskScope, taskScope } from './task-scope.ts';
import { createTaskSource } from './task-source.ts';

/** What all tasks of a process share. */
export interface TaskServices {
  readonly executionUrl: string;
  readonly outbox: Outbox;
  readonly mask: SecretMask;
  readonly openLog: () => Promise<TopicLog>;
  readonly connections: RecentConnections;
  /** Loads the code and calls it with the context. Answers an outcome, whatever the task does. */
  readonly invoke: (grant: Grant, context: TaskContext) => Promise<TaskOutcome>;
}

export interface TaskRun {
  readonly handle: number;
  readonly grant: Grant;
  readonly abort: AbortController;
}

/** Runs one try to its end and tells the supervisor. */
export async function runTask(run: TaskRun, services: TaskServices): Promise<void> {
  const { outbox, mask } = services;
  const onLine = (line: LogLine): void => {
    outbox.line(run.handle, maskLine(mask, line));
  };
  const scope = new TaskScope(run.handle, onLine);
  const startedAt = new Date().toISOString();
  const traced = traceTask(run.grant);
  const context = createContext({ ...run, traced }, services, onLine);
  failpoint('task.before-call');
  const outcome = await taskScope.run(scope, () => services.invoke(run.grant, context));
  failpoint('task.after-call');
  if (outcome.kind !== 'success') services.connections.forget(run.grant.connections);
  traced.end(outcome);
  scope.end();
  outbox.tell({
    kind: 'ended',
    handle: run.handle,
    outcome: maskOutcome(mask, outcome),
    startedAt,
    endedAt: new Date().toISOString(),
  });
}

function createContext(
  run: TaskRun & { readonly traced: TracedTask },
  services: TaskServices,
  onLine: (line: LogLine) => void,
): TaskContext {
  const { grant, abort, handle, traced } = run;
  const { signal } = abort;
  const waitingFor = (what: string | undefined): void => {
    services.outbox.tell({ kind: 'waiting', handle, what: what ?? null });
  };
  const { executionUrl, openLog } = services;
  const api = createTaskApi({ executionUrl, grant, signal, waitingFor });
  const registerSecrets = (values: readonly string[]): void => {
    if (services.mask.register(values)) services.outbox.tell({ kind: 'secrets', values });
  };
  return {
    input: grant.input,
    params: grant.params,
    run: { dagId: grant.dagId, runId: grant.runId, ...grant.run },
    task: identify(grant),
    source: createTaskSource({ ranges: grant.ranges, openLog, signal, waitingFor, traced }),
    log: createTaskLog(services.mask, onLine),
    signal,
    connection: async (id): Promise<Connection> => {
      const connection = await connectionOf(id, { grant, api, known: services.connections });
      registerSecrets(secretsOfConnection(connection));
      return connection;
    },
    variable: async (id) => {
      const { value } = await api.variable(id);
      if (isSecretName(id)) registerSecrets([value]);
      return value;
    },
    progress: (done, total) => {
      services.outbox.progress(handle, done, total ?? null);
    },
    waitingFor,
  };
}

/** Whether a task may have a connection is the engine's to say, and its grant repeats it. */
async function connectionOf(
  id: string,
  {
    grant,
    api,
    known,
  }: { readonly grant: Grant; readonly api: TaskApi; readonly known: RecentConnections },
): Promise<Connection> {
  const recent = grant.connections.includes(id) ? known.find(id) : undefined;
  if (recent !== undefined) return recent;
  const connection = await api.connection(id);
  known.keep(connection);
  return connection;
}

/** The load id outlives tries, the fence key outlives clears: see `TaskIdentity`. */
function identify(grant: Grant): TaskContext['task'] {
  const fenceKey = `${grant.dagId}/${grant.runId}/${grant.taskId}[${grant.mapIndex}]`;
  return {
    id: grant.taskId,
    mapIndex: grant.mapIndex,
    tryNumber: grant.tryNumber,
    loadId: `${fenceKey}#${grant.clearNumber}`,
    fenceKey,
    fenceToken: grant.token,
  };
}

/** Errors of drivers quote what they were given; an output is the author's own, and left as it is. */
function maskOutcome(mask: SecretMask, outcome: TaskOutcome): TaskOutcome {
  if (outcome.kind === 'skipped') return { ...outcome, reason: mask.mask(outcome.reason) };
  if (outcome.kind !== 'failed') return outcome;
  const { message, stack, ...rest } = outcome.error;
  const masked = { ...rest, message: mask.mask(message) };
  return {
    ...outcome,
    error: stack === undefined ? masked : { ...masked, stack: mask.mask(stack) },
  };
}
