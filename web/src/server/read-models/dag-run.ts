import type { RunRow } from '@tidegate/engine/server';

import type { DagRunResponse } from '../../contract/index.ts';
import { toIso } from './dag.ts';
import { toDagVersion } from './dag-version.ts';

/** A run in Airflow's shape, with the ranges it owns. */
export function toDagRun(row: RunRow): DagRunResponse {
  return {
    dag_run_id: row.run_id,
    dag_id: row.dag_id,
    dag_display_name: row.dag_id,
    logical_date: toIso(row.logical_date),
    queued_at: row.queued_at.toISOString(),
    start_date: toIso(row.start_at),
    end_date: toIso(row.end_at),
    duration: toSeconds(row.start_at, row.end_at),
    data_interval_start: toIso(row.data_interval_start),
    data_interval_end: toIso(row.data_interval_end),
    run_after: row.run_after.toISOString(),
    last_scheduling_decision: null,
    run_type: row.run_type,
    state: row.state,
    triggered_by: row.triggered_by,
    triggering_user_name: row.triggering_user,
    conf: row.conf as Record<string, unknown>,
    note: row.note,
    dag_versions: [
      toDagVersion({
        version_key: row.version_key,
        dag_id: row.dag_id,
        number: row.version_number,
        created_at: row.version_created_at,
      }),
    ],
    bundle_version: null,
    partition_key: null,
    partition_date: null,
    tidegate_lane: row.lane,
    tidegate_ranges: [...row.ranges],
    tidegate_records: row.ranges.reduce((sum, { from, to }) => sum + to - from, 0),
    tidegate_waiting_for: row.waiting_for,
    tidegate_reason: row.reason,
    tidegate_failed_tasks: row.failed_tasks,
    tidegate_clear_number: row.clear_number,
  };
}

/** Seconds between two instants, null while one is missing. */
export function toSeconds(start: Date | null, end: Date | null): number | null {
  return start === null || end === null ? null : (end.getTime() - start.getTime()) / 1_000;
}
