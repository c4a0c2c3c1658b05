import type { DagCard, DagRow, RecentInput } from '@tidegate/engine/server';

import type { UiDag, UiDagPage } from '../../contract/index.ts';
import { toDagDetails, toIso, toSummary } from './dag.ts';
import { toUiTask } from './task.ts';

/** A row of the DAG list. */
export function toUiDag(row: DagCard): UiDag {
  return {
    dag_id: row.dag_id,
    description: row.description,
    owner: row.owner,
    tags: [...row.tags],
    is_paused: row.is_paused,
    is_stale: row.is_stale,
    has_import_error: row.has_import_error,
    file: row.file,
    schedule: toSummary(row),
    next_run_after: toIso(row.next_run_after),
    topic: row.topic,
    version: row.version_number,
    tasks: row.task_count,
    active_runs: row.active_runs,
    quiet_ticks: row.quiet_ticks,
    checked_at: toIso(row.checked_at),
    runs: row.runs as UiDag['runs'],
  };
}

/** The head of a DAG's pages. */
export function toUiDagPage(
  row: DagRow,
  activeRuns: number,
  inputs: readonly RecentInput[],
): UiDagPage {
  return {
    dag: toDagDetails(row, activeRuns),
    version: row.version_number,
    topic: row.topic,
    tasks: row.serialized.tasks.map(toUiTask),
    params_schema: row.serialized.paramsSchema,
    recent_inputs: inputs.map((input) => ({
      dag_run_id: input.run_id,
      conf: input.conf,
      triggered_by: input.triggered_by,
      at: input.queued_at.toISOString(),
    })),
  };
}
