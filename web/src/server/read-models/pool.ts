import type { PoolRow } from '@tidegate/engine/server';

import type { PoolResponse } from '../../contract/index.ts';

/** A pool in Airflow's shape. */
export function toPool(row: PoolRow): PoolResponse {
  const occupied = row.running + row.queued;
  return {
    name: row.name,
    slots: row.slots,
    description: row.description,
    include_deferred: false,
    occupied_slots: occupied,
    running_slots: row.running,
    queued_slots: row.queued,
    scheduled_slots: row.scheduled,
    open_slots: row.slots - occupied,
    deferred_slots: 0,
    team_name: null,
  };
}
