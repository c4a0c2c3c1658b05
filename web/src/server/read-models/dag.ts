import type { DagRow, NextRun } from '@tidegate/engine/server';

import type { DagDetailsResponse, DagResponse, NextExecution } from '../../contract/index.ts';
import { toDagVersion } from './dag-version.ts';

/** A DAG in Airflow's shape. */
export function toDag(row: Omit<DagRow, 'serialized'>): DagResponse {
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
    max_active_tasks: row.max_active_tasks,
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

/** A DAG with what its current version says, in Airflow's shape. */
export function toDagDetails(row: DagRow, activeRuns: number): DagDetailsResponse {
  const { serialized } = row;
  const timezone = row.schedule.kind === 'cron' ? row.schedule.timezone : 'UTC';
  return {
    ...toDag(row),
    catchup: serialized.catchup,
    concurrency: row.max_active_tasks,
    dag_run_timeout:
      serialized.runTimeoutMs === null ? null : toIsoDuration(serialized.runTimeoutMs),
    asset_expression: null,
    doc_md: serialized.docs,
    start_date: serialized.startDate,
    end_date: serialized.endDate,
    is_paused_upon_creation: false,
    params: toAirflowParams(serialized.paramsSchema),
    render_template_as_native_obj: false,
    rerun_with_latest_version: false,
    template_search_path: null,
    timezone,
    last_parsed: row.registered_at.toISOString(),
    default_args: null,
    owner_links: null,
    is_favorite: false,
    active_runs_count: activeRuns,
    latest_dag_version: toDagVersion({
      version_key: row.version_key,
      dag_id: row.dag_id,
      number: row.version_number,
      created_at: row.version_created_at,
    }),
    tidegate_params_schema: serialized.paramsSchema,
  };
}

/** `PT1H` and the like, as Airflow's clients read a duration. */
function toIsoDuration(milliseconds: number): string {
  return `PT${milliseconds / 1_000}S`;
}

/** Airflow's form of params: by name, each with its schema and default. */
function toAirflowParams(
  schema: DagRow['serialized']['paramsSchema'],
): Record<string, unknown> | null {
  const properties = schema?.['properties'];
  if (typeof properties !== 'object' || properties === null) return null;
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const { default: value = null, description = null, ...rest } = property as AnyParam;
      return [name, { value, schema: rest, description }];
    }),
  );
}

interface AnyParam {
  readonly default?: unknown;
  readonly description?: unknown;
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
export function toSummary({ schedule }: Pick<DagRow, 'schedule'>): string | null {
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
