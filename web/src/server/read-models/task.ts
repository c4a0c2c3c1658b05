import type { SerializedDag, SerializedTask } from '@tidegate/engine/dag';

import type { TaskResponse, UiTask } from '../../contract/index.ts';

/** Tasks of a DAG in Airflow's shape. */
export function toTasks(dag: SerializedDag): TaskResponse[] {
  const downstream = new Map<string, string[]>(dag.tasks.map((task) => [task.id, []]));
  for (const task of dag.tasks) {
    for (const id of task.upstream) downstream.get(id)?.push(task.id);
  }
  return dag.tasks.map((task) => toTask(dag, task, downstream.get(task.id) ?? []));
}

function toTask(dag: SerializedDag, task: SerializedTask, downstream: string[]): TaskResponse {
  return {
    task_id: task.id,
    task_display_name: task.id,
    owner: dag.owner,
    start_date: dag.startDate,
    end_date: dag.endDate,
    trigger_rule: task.triggerRule,
    depends_on_past: false,
    wait_for_downstream: false,
    retries: task.retries,
    queue: task.queue,
    pool: task.pool,
    pool_slots: task.poolSlots,
    execution_timeout: task.timeoutMs === null ? null : toTimeDelta(task.timeoutMs),
    retry_delay: toTimeDelta(task.retryDelayMs),
    retry_exponential_backoff: task.retryBackoff === 'exponential' ? 2 : 0,
    priority_weight: task.priority,
    weight_rule: null,
    ui_color: null,
    ui_fgcolor: null,
    template_fields: [],
    downstream_task_ids: downstream.sort(),
    doc_md: null,
    operator_name: task.kind,
    params: null,
    class_ref: null,
    is_mapped: false,
    extra_links: [],
    tidegate_group: [...task.group],
    tidegate_upstream_task_ids: [...task.upstream],
  };
}

/** A task of a graph as the console draws it. */
export function toUiTask(task: SerializedTask): UiTask {
  return {
    task_id: task.id,
    group: [...task.group],
    kind: task.kind,
    upstream: [...task.upstream],
    trigger_rule: task.triggerRule,
    retries: task.retries,
    pool: task.pool,
    queue: task.queue,
  };
}

const DAY_MS = 86_400_000;

function toTimeDelta(milliseconds: number) {
  const rest = milliseconds % DAY_MS;
  return {
    __type: 'TimeDelta' as const,
    days: Math.floor(milliseconds / DAY_MS),
    seconds: Math.floor(rest / 1_000),
    microseconds: Math.round((rest % 1_000) * 1_000),
  };
}
