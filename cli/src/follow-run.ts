import { setTimeout as delay } from 'node:timers/promises';

import type {
  DagRunResponse,
  TaskInstanceCollection,
  TaskTryCollection,
} from '@tidegate/web/contract';

import type { CommandContext } from './commands/context.ts';
import { CliError, EXIT, type ExitCode } from './errors.ts';
import { runPath, taskPath } from './paths.ts';

/** Between two looks at a run. */
const LOOK_MS = 300;
/** How long the API may be away (a restart) while we wait. */
const AWAY_MS = 30_000;

export interface FollowOptions {
  /** Tells each change of a task's state, not the end alone. */
  readonly isTold: boolean;
  /** Give up after this long, in ms; undefined: never. */
  readonly timeoutMs: number | undefined;
}

export interface EndedRun {
  readonly run: DagRunResponse;
  /** 0, or 10 when the run failed. */
  readonly exitCode: ExitCode;
}

/**
 * Waits until a run has ended. The run is left alone when the wait ends before: `--timeout` (124) and ctrl-C
 * (130) say so.
 */
export async function followRun(
  context: CommandContext,
  { dag_id: dag, dag_run_id: id }: Pick<DagRunResponse, 'dag_id' | 'dag_run_id'>,
  { isTold, timeoutMs }: FollowOptions,
): Promise<EndedRun> {
  const again = `tidegate runs watch ${dag} ${id}`;
  const interrupted = onInterrupt();
  const deadline = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
  const told = new Map<string, string>();
  try {
    for (;;) {
      const run = await getPatiently<DagRunResponse>(context, runPath(dag, id));
      if (isTold) await tellChanges(context, run, told);
      if (run.state === 'success') return { run, exitCode: EXIT.ok };
      if (run.state === 'failed') {
        // What can be told of it is a help; that it failed is the answer.
        await tellFailure(context, run).catch(() => undefined);
        return { run, exitCode: EXIT.runFailed };
      }
      if (interrupted.signal.aborted) {
        throw new CliError(EXIT.interrupted, `the run was left alone and goes on; ${again}`);
      }
      if (performance.now() > deadline) {
        throw new CliError(EXIT.timeout, `the run is still ${run.state} and goes on; ${again}`);
      }
      await delay(LOOK_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
  } finally {
    interrupted.close();
  }
}

/** Aborted at ctrl-C, which no longer ends the process meanwhile. */
export function onInterrupt(): { readonly signal: AbortSignal; readonly close: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort);
  return { signal: controller.signal, close: () => process.off('SIGINT', abort) };
}

async function getPatiently<T>({ api }: CommandContext, path: string): Promise<T> {
  const deadline = performance.now() + AWAY_MS;
  for (;;) {
    try {
      return await api().get<T>(path);
    } catch (error) {
      const isAway = error instanceof CliError && error.exitCode === EXIT.unreachable;
      if (!isAway || performance.now() > deadline) throw error;
      await delay(LOOK_MS);
    }
  }
}

/** A line a change: on a pipe nothing is drawn twice. */
async function tellChanges(
  context: CommandContext,
  run: DagRunResponse,
  told: Map<string, string>,
): Promise<void> {
  const path = `${runPath(run.dag_id, run.dag_run_id)}/taskInstances`;
  const { task_instances: tasks } = await getPatiently<TaskInstanceCollection>(context, path);
  const states = [
    ...tasks.map((task) => ({
      key: `${task.task_id}#${task.map_index}`,
      name: task.map_index < 0 ? task.task_id : `${task.task_id}[${task.map_index}]`,
      state: task.state === null ? '' : `${task.state} (try ${task.try_number})`,
    })),
    { key: '', name: run.dag_id, state: run.state },
  ];
  for (const { key, name, state } of states) {
    if (state === '' || told.get(key) === state) continue;
    told.set(key, state);
    context.say(`${new Date().toISOString().slice(11, 19)}  ${name}  ${state}`);
  }
}

/** What failed, why, and what to type next. */
async function tellFailure(context: CommandContext, run: DagRunResponse): Promise<void> {
  const { dag_id: dag, dag_run_id: id } = run;
  const list = await context
    .api()
    .get<TaskInstanceCollection>(`${runPath(dag, id)}/taskInstances`, { state: 'failed' });
  const failed = list.task_instances.find(({ state }) => state === 'failed');
  if (failed === undefined) {
    context.say(`failed: ${run.tidegate_reason ?? 'no task of it did'}`);
    return;
  }
  const task = failed.task_id;
  const tries = await context
    .api()
    .get<TaskTryCollection>(`${taskPath({ dag, run: id, task })}/tries`)
    .catch(() => undefined);
  const error = tries?.task_instances.at(-1)?.tidegate_error;
  context.say(`failed: ${task} (try ${failed.try_number})`);
  if (typeof error?.['message'] === 'string') context.say(`  ${error['message']}`);
  context.say(`  tidegate tasks logs ${dag} ${id} ${task}`);
}
