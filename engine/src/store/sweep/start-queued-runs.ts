import type { Database } from '../db.ts';

export interface StartedRuns {
  /** Got their slot; still to be begun. */
  readonly runKeys: readonly number[];
  /** More runs are due than their limits let start. */
  readonly hasMore: boolean;
}

/** Any constant: one transaction at a time gives out slots, so that two never choose the same. */
export const STARTER_LOCK = 7_433_002;

/**
 * Gives free slots to queued runs that are due, the older run first, a scope (DAG or backfill) at a time.
 * The database refuses a slot at or above the limit, and two runs in one slot.
 */
const START = `
with due as (
  select live.run_key, live.scope, live.run_after,
         coalesce(backfill.max_active_runs, dag.max_active_runs) as cap
    from tidegate.live_run as live
    join tidegate.dag using (dag_id)
    left join tidegate.backfill on live.scope = 'backfill:' || backfill.backfill_id
   where live.slot is null and live.run_after <= $1 and not dag.is_paused
     and coalesce(not backfill.is_paused, true)
),
scope as (
  select due.scope, max(due.cap) as cap, count(*) as wanted,
         array_agg(due.run_key order by due.run_after, due.run_key) as runs,
         (
           select count(*) from tidegate.live_run as taken
            where taken.scope = due.scope and taken.slot is not null
         ) as taken
    from due
   group by due.scope
),
-- Paired by their place in two arrays: a join by place compares each run with each slot.
chosen as (
  select pair.run_key, pair.slot, scope.cap
    from scope
   cross join lateral (
     select array(
       -- As many are free among the first taken + wanted as are wanted: a large limit costs nothing.
       select slot::int from generate_series(0, least(scope.cap, taken + wanted) - 1) as slot
       except
       select taken.slot from tidegate.live_run as taken
        where taken.scope = scope.scope and taken.slot is not null
        order by 1
     ) as slots
   ) as free
   cross join lateral unnest(scope.runs, free.slots) as pair (run_key, slot)
   where pair.run_key is not null and pair.slot is not null
),
started as (
  update tidegate.live_run as live
     set slot = chosen.slot, cap = chosen.cap
    from chosen
   where live.run_key = chosen.run_key
  returning live.run_key
)
select array(select run_key from started order by run_key) as started,
       (select count(*) from due) as due`;

export async function startQueuedRuns(database: Database, now: Date): Promise<StartedRuns> {
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [STARTER_LOCK]);
    const result = await tx.query<{ started: number[]; due: number }>(START, [now]);
    const row = result.rows[0] ?? { started: [], due: 0 };
    return { runKeys: row.started, hasMore: row.due > row.started.length };
  });
}
