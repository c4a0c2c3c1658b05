import type { LogLine } from '@tidegate/engine/execution-contract';
import type { RunRow, TaskInstanceRow } from '@tidegate/engine/server';

import type { LogMessage, TaskInstanceResponse } from '../../contract/index.ts';
import { toIso } from './dag.ts';
import { toSeconds } from './dag-run.ts';

const FINISHED = new Set(['success', 'failed', 'skipped', 'upstream_failed', 'removed']);

export function isFinished(state: string): boolean {
  return FINISHED.has(state);
}

/** A task instance in Airflow's shape. */
export function toTaskInstance(run: RunRow, row: TaskInstanceRow): TaskInstanceResponse {
  const { task } = row;
  return {
    id: toUuid(row),
    task_id: task.id,
    dag_id: run.dag_id,
    dag_run_id: run.run_id,
    map_index: -1,
    logical_date: toIso(run.logical_date),
    run_after: run.run_after.toISOString(),
    start_date: toIso(row.start_at),
    end_date: toIso(row.end_at),
    duration: toSeconds(row.start_at, row.end_at),
    state: row.state === 'none' ? null : (row.state as TaskInstanceResponse['state']),
    try_number: row.try_number,
    max_tries: row.max_tries,
    task_display_name: task.id,
    dag_display_name: run.dag_id,
    hostname: row.worker,
    unixname: null,
    pool: task.pool,
    pool_slots: task.poolSlots,
    queue: task.queue,
    priority_weight: task.priority,
    operator: task.kind,
    operator_name: task.kind,
    queued_when: toIso(row.scheduled_at),
    scheduled_when: toIso(row.scheduled_at),
    pid: null,
    executor: null,
    executor_config: '{}',
    note: null,
    rendered_map_index: null,
    rendered_fields: {},
    trigger: null,
    triggerer_job: null,
    dag_version: null,
  };
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

/** Airflow's clients want a UUID; the pair (run key, place) makes one that never changes (version 8, RFC 9562). */
function toUuid({ run_key: runKey, ix }: TaskInstanceRow): string {
  const key = runKey.toString(16).padStart(15, '0');
  const place = ix.toString(16).padStart(12, '0');
  return `${key.slice(0, 8)}-${key.slice(8, 12)}-8${key.slice(12)}-8000-${place}`;
}
