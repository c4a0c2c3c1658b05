import type { DagRow, NextRun } from '@tidegate/engine/server';

import type { DagResponse, NextExecution } from '../../contract/index.ts';

/** A DAG in Airflow's shape. */
export function toDag(row: DagRow): DagResponse {
  return {
    dag_id: row.dag_id,
    dag_display_name: row.dag_id,
    is_paused: row.is_paused,
    is_stale: row.is_stale,
    last_parsed_time: row.registered_at.toISOString(),
    last_parse_duration: null,
    last_expired: null,
    bundle_name: 'dags-folder',
    bundle_version: null,
    relative_fileloc: row.file,
    fileloc: row.file,
    description: row.description,
    timetable_summary: toSummary(row),
    timetable_description: null,
    timetable_partitioned: false,
    timetable_periodic: row.schedule.kind === 'cron' || row.schedule.kind === 'every',
    tags: row.tags.map((name) => ({ name, dag_id: row.dag_id, dag_display_name: row.dag_id })),
    max_active_tasks: row.serialized.maxActiveTasks,
    max_active_runs: row.max_active_runs,
    max_consecutive_failed_dag_runs: 0,
    has_task_concurrency_limits: false,
    has_import_errors: row.has_import_error,
    is_backfillable: row.schedule.kind === 'cron' || row.schedule.kind === 'every',
    allowed_run_types: null,
    next_dagrun_logical_date: toIso(row.next_logical_date),
    next_dagrun_data_interval_start: toIso(row.next_interval_start),
    next_dagrun_data_interval_end: toIso(row.next_interval_end),
    next_dagrun_run_after: toIso(row.next_run_after),
    owners: row.owner === null ? [] : [row.owner],
    file_token: row.file,
    tidegate_quiet_ticks: row.quiet_ticks,
    tidegate_checked_at: toIso(row.checked_at),
  };
}

export function toNextExecution(run: NextRun): NextExecution {
  const iso = (instant: number) => new Date(instant).toISOString();
  return {
    run_id: run.runId,
    logical_date: iso(run.logicalDate),
    data_interval_start: iso(run.dataInterval.start),
    data_interval_end: iso(run.dataInterval.end),
    run_after: iso(run.runAfter),
  };
}

export function toIso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

/** The schedule in a few characters, as a list shows it. */
function toSummary({ schedule }: DagRow): string | null {
  switch (schedule.kind) {
    case 'none':
      return null;
    case 'once':
      return '@once';
    case 'cron':
      return schedule.timezone === 'UTC'
        ? schedule.expression
        : `${schedule.expression} (${schedule.timezone})`;
    case 'every':
      return `every ${schedule.everyMs / 1_000} s`;
    case 'on_records':
      return 'on records';
    case 'dates':
      return `${schedule.dates.length} dates`;
  }
}
