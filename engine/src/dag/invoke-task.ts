import { TidegateError, toError } from '../platform/errors.ts';
import type { Json } from '../platform/json.ts';
import { describe } from './duration.ts';
import { dagError } from './errors.ts';
import { toJsonOutput } from './json-output.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskDefinition } from './task-definition.ts';
import type { TaskError, TaskOutcome } from './task-outcome.ts';
import { taskSignalOf } from './task-signal.ts';

export interface InvokeOptions {
  /** Sensors: time from the first look of this try to now. (Default: 0) */
  readonly elapsedMs?: number;
}

/** Faults of the task's code: the next try would return the same. */
const NOT_RETRIABLE = new Set([
  'OUTPUT_NOT_JSON',
  'OUTPUT_TOO_LARGE',
  'BRANCH_UNKNOWN',
  'PARAMS_INVALID',
]);

const TIMED_OUT = 'TASK_TIMED_OUT';

/** Reason to abort with when a try took too long: it fails and may be retried. */
export function taskTimedOut(timeoutMs: number): TidegateError {
  return new TidegateError(
    TIMED_OUT,
    `the try took longer than its timeout of ${timeoutMs} ms; raise timeout, or do less in one task`,
    { details: { timeoutMs } },
  );
}

/** Reason to abort with when the try is taken from the task by no fault of its own: run again, no retry used. */
export function taskLost(reason: string): TidegateError {
  return new TidegateError('TASK_LOST', reason);
}

/**
 * Calls a task function: context in, outcome out. Never throws. It waits for the function even after an abort,
 * since code that still runs must not be reported as ended; whoever aborted kills the process if that takes long.
 */
export async function invokeTask(
  task: TaskDefinition,
  context: TaskContext,
  options: InvokeOptions = {},
): Promise<TaskOutcome> {
  try {
    context.signal.throwIfAborted();
    const params: unknown =
      task.parseParams === null ? context.params : await task.parseParams(context.params);
    const returned: unknown = await task.run(ownContext(context, params));
    context.signal.throwIfAborted();
    return toOutcome(task, returned, options);
  } catch (thrown) {
    return context.signal.aborted ? abortOutcome(context.signal) : failureOutcome(task, thrown);
  }
}

/** Its methods work when destructured, whatever the caller made the context from. */
function ownContext(context: TaskContext, params: unknown): TaskContext {
  const { input, run, task, source, log, signal } = context;
  return {
    input,
    params,
    run,
    task,
    source,
    log,
    signal,
    connection: (id) => context.connection(id),
    variable: (id) => context.variable(id),
    progress: (done, total) => context.progress(done, total),
    waitingFor: (what) => context.waitingFor(what),
  };
}

function toOutcome(task: TaskDefinition, returned: unknown, options: InvokeOptions): TaskOutcome {
  switch (task.kind) {
    case 'task':
      return { kind: 'success', output: toJsonOutput(returned) };
    case 'branch':
      return branchOutcome(task, returned);
    case 'short_circuit': {
      const output = toJsonOutput(returned);
      return returned ? { kind: 'success', output } : { kind: 'short_circuited', output };
    }
    case 'sensor':
      return returned
        ? { kind: 'success', output: toJsonOutput(returned) }
        : waitOutcome(task, options.elapsedMs ?? 0);
  }
}

function branchOutcome(task: TaskDefinition, returned: unknown): TaskOutcome {
  const list: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
  const isNone = returned === null || returned === undefined;
  const chosen = isNone ? [] : [...new Set(list.map((id) => choiceOf(task, id)))];
  const output: Json = isNone ? null : Array.isArray(returned) ? chosen : (chosen[0] ?? null);
  return { kind: 'branched', chosen, output };
}

function choiceOf(task: TaskDefinition, id: unknown): string {
  const found = task.to.find((one) => one === id) ?? task.to.find((one) => one === local(task, id));
  if (found !== undefined) return found;
  throw dagError(
    'BRANCH_UNKNOWN',
    `branch '${task.id}' chose ${describe(id)}; return one of ${task.to.join(', ')}, several of them, or null`,
  );
}

/** An id written without the groups the branch is in. */
const local = (task: TaskDefinition, id: unknown): string =>
  typeof id === 'string' ? `${task.prefix}${id}` : '';

function waitOutcome(task: TaskDefinition, elapsedMs: number): TaskOutcome {
  const { everyMs, timeoutMs, softFail } = task.sensor ?? {
    everyMs: 0,
    timeoutMs: null,
    softFail: false,
  };
  if (timeoutMs === null || elapsedMs < timeoutMs) {
    // The last look comes when the time is over, not after it.
    const afterMs = timeoutMs === null ? everyMs : Math.min(everyMs, timeoutMs - elapsedMs);
    return { kind: 'rescheduled', afterMs };
  }
  const message = `not satisfied within ${timeoutMs} ms`;
  if (softFail) return { kind: 'skipped', reason: message };
  const error = { name: 'SensorTimeout', code: 'SENSOR_TIMED_OUT', message };
  return { kind: 'failed', error, retriable: false };
}

function abortOutcome(signal: AbortSignal): TaskOutcome {
  const reason = toError(signal.reason);
  return reason instanceof TidegateError && reason.code === TIMED_OUT
    ? { kind: 'failed', error: toTaskError(reason), retriable: true }
    : { kind: 'lost', reason: reason.message };
}

function failureOutcome(task: TaskDefinition, thrown: unknown): TaskOutcome {
  const asked = taskSignalOf(thrown);
  const error = toTaskError(toError(thrown));
  if (asked === 'skip') return { kind: 'skipped', reason: error.message };
  if (asked === 'fail' && task.sensor?.softFail === true) {
    return { kind: 'skipped', reason: error.message };
  }
  const isOurs = thrown instanceof TidegateError && NOT_RETRIABLE.has(thrown.code);
  return { kind: 'failed', error, retriable: asked !== 'fail' && !isOurs };
}

/** Long enough for any stack worth reading. */
const MOST_ERROR_TEXT = 32_768;

function toTaskError(error: Error): TaskError {
  const { code } = error as { code?: unknown };
  return {
    name: errorText(error.name),
    message: errorText(error.message),
    ...(error.stack === undefined ? {} : { stack: errorText(error.stack) }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: errorText(code) } : {}),
  };
}

/** Any class may put any value there; what PostgreSQL refuses in text is replaced. */
function errorText(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  return text.slice(0, MOST_ERROR_TEXT).replace(/\0|\p{Surrogate}/gu, '\u{FFFD}');
}
