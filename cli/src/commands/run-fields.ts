import type { DagRunResponse, RunRange, TaskInstanceResponse } from '@tidegate/web/contract';

import type { Column } from '../output.ts';

/** What a person wants to know of a run. */
export function runFields(run: DagRunResponse): Readonly<Record<string, unknown>> {
  return {
    dag_id: run.dag_id,
    run_id: run.dag_run_id,
    state: run.state,
    lane: run.tidegate_lane,
    data_interval: toInterval(run),
    ranges: run.tidegate_ranges.map(toRangeText).join(' '),
    started: run.start_date,
    seconds: run.duration,
    waiting_for: run.tidegate_waiting_for,
    reason: run.tidegate_reason,
    note: run.note,
  };
}

export const RUN_COLUMNS: readonly Column<DagRunResponse>[] = [
  { heading: 'dag_id', value: (run) => run.dag_id },
  { heading: 'run_id', value: (run) => run.dag_run_id },
  { heading: 'state', value: (run) => run.state },
  { heading: 'start', value: (run) => run.start_date },
  { heading: 'seconds', value: (run) => run.duration },
  { heading: 'records', value: (run) => run.tidegate_records },
  { heading: 'ranges', value: (run) => run.tidegate_ranges.map(toRangeText).join(' ') },
  { heading: 'waiting_for', value: (run) => run.tidegate_waiting_for ?? run.tidegate_reason },
];

/** What a person wants to know of a task of a run. */
export const TASK_COLUMNS: readonly Column<TaskInstanceResponse>[] = [
  { heading: 'task_id', value: (task) => task.task_id },
  { heading: 'map_index', value: (task) => (task.map_index < 0 ? null : task.map_index) },
  { heading: 'state', value: (task) => task.state },
  { heading: 'try', value: (task) => task.try_number },
  { heading: 'start', value: (task) => task.start_date },
  { heading: 'seconds', value: (task) => task.duration },
];

/** `topic/0[10,25)` */
function toRangeText({ topic, partition, from, to }: RunRange): string {
  return `${topic}/${partition}[${from},${to})`;
}

/** Empty for a run without one. */
function toInterval({
  data_interval_start: start,
  data_interval_end: end,
}: DagRunResponse): string {
  return start === null && end === null ? '' : `${start ?? ''} … ${end ?? ''}`;
}
