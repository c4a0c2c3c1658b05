import type { EventRow } from '@tidegate/engine/server';

import type { EventLogResponse } from '../../contract/index.ts';

/** A line of the audit in Airflow's shape. */
export function toEventLog(row: EventRow): EventLogResponse {
  return {
    event_log_id: row.event_key,
    when: row.at.toISOString(),
    dag_id: row.dag_id,
    dag_display_name: row.dag_id,
    task_id: row.task_id,
    task_display_name: row.task_id,
    run_id: row.run_id,
    map_index: null,
    try_number: row.try_number,
    event: row.event,
    logical_date: null,
    owner: row.actor,
    extra: JSON.stringify(row.extra),
  };
}
