import type { LogLine } from '@tidegate/engine/execution-contract';
import { BugError } from '@tidegate/engine/platform';
import type {
  DagVersion,
  DagVersions,
  TaskInstanceOfRun,
  TaskInstanceRow,
  TaskTry,
} from '@tidegate/engine/server';

import type { LogMessage, TaskInstanceResponse, TaskTryResponse } from '../../contract/index.ts';
import { toIso } from './dag.ts';
import { toDagVersion, toKeyUuid } from './dag-version.ts';

const FINISHED = new Set(['success', 'failed', 'skipped', 'upstream_failed', 'removed']);

export function isFinished(state: string): boolean {
  return FINISHED.has(state);
}

/** Task instances in Airflow's shape; what their tasks are is looked up once a version. */
export async function toTaskInstances(
  versions: DagVersions,
  rows: readonly TaskInstanceOfRun[],
): Promise<TaskInstanceResponse[]> {
  const found = await versions.load(rows.map((row) => row.version_key));
  return rows.map((row) => toTaskInstance(row, found.get(row.version_key)));
}

/** A task instance in Airflow's shape. */
export function toTaskInstance(
  row: TaskInstanceOfRun,
  version: DagVersion | undefined,
): TaskInstanceResponse {
  return {
    id: toKeyUuid(row.run_key, row.ix),
    ...taskFields(row, version),
    start_date: toIsoMs(row.start_ms),
    end_date: toIsoMs(row.end_ms),
    duration: toSecondsMs(row.start_ms, row.end_ms),
    state: row.state === 'none' ? null : (row.state as TaskInstanceResponse['state']),
    try_number: row.try_number,
    max_tries: row.max_tries,
    hostname: row.worker,
    queued_when: toIsoMs(row.scheduled_ms),
    scheduled_when: toIsoMs(row.scheduled_ms),
    logical_date: toIso(row.logical_date),
    run_after: row.run_after.toISOString(),
    note: null,
    rendered_map_index: null,
    rendered_fields: {},
    trigger: null,
    triggerer_job: null,
  };
}

/** A try in Airflow's shape, with its output and error. */
export function toTaskTry(
  row: TaskInstanceOfRun,
  version: DagVersion | undefined,
  one: TaskTry,
): TaskTryResponse {
  return {
    ...taskFields(row, version),
    start_date: toIso(one.startedAt),
    end_date: toIso(one.endedAt),
    duration: toSecondsMs(one.startedAt?.getTime() ?? null, one.endedAt?.getTime() ?? null),
    state: toTryState(row, one),
    try_number: one.tryNumber,
    max_tries: row.max_tries,
    hostname: one.worker,
    queued_when: toIso(one.scheduledAt),
    scheduled_when: toIso(one.scheduledAt),
    tidegate_output: one.output === null ? null : (JSON.parse(one.output) as unknown),
    tidegate_error: toErrorObject(one.error),
    tidegate_lost: one.state === 'lost',
    tidegate_clear_number: one.clearNumber,
    tidegate_waiting_for: one.waitingFor,
  };
}

/** A try that ended and was followed by another is Airflow's `up_for_retry`, as a lost one. */
function toTryState(row: TaskInstanceRow, one: TaskTry): TaskTryResponse['state'] {
  if (one.state === 'lost') return 'up_for_retry';
  const isRetried = one.state === 'failed' && one.tryNumber < row.try_number;
  return isRetried && one.clearNumber === row.clear_number ? 'up_for_retry' : one.state;
}

/** A try that was never reported as a JSON object is a sentence. */
function toErrorObject(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  const error = JSON.parse(text) as unknown;
  return typeof error === 'object' && error !== null
    ? (error as Record<string, unknown>)
    : { message: String(error) };
}

function taskFields(row: TaskInstanceOfRun, version: DagVersion | undefined) {
  const task = version?.serialized.tasks[row.ix];
  if (version === undefined || task === undefined) {
    throw new BugError(`run ${row.run_id} has a task instance its version has not`, {
      runKey: row.run_key,
      ix: row.ix,
    });
  }
  return {
    task_id: task.id,
    dag_id: row.dag_id,
    dag_run_id: row.run_id,
    map_index: -1,
    task_display_name: task.id,
    dag_display_name: row.dag_id,
    unixname: null,
    pool: task.pool,
    pool_slots: task.poolSlots,
    queue: task.queue,
    priority_weight: task.priority,
    operator: task.kind,
    operator_name: task.kind,
    pid: null,
    executor: null,
    executor_config: '{}',
    dag_version: toDagVersion(version),
  };
}

function toIsoMs(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function toSecondsMs(start: number | null, end: number | null): number | null {
  return start === null || end === null ? null : (end - start) / 1_000;
}

export function toLogMessage(line: LogLine): LogMessage {
  return {
    timestamp: line.at,
    level: line.level,
    event: line.message,
    logger: line.source,
    ...(line.fields === undefined ? {} : { fields: line.fields }),
  };
}
