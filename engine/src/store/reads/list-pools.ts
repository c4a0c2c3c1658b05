import type { Sql } from '../db.ts';
import { Conditions, type Order, toOrderSql } from './conditions.ts';

/** A pool with the slots its task instances take and wait for. */
export interface PoolRow {
  readonly name: string;
  readonly slots: number;
  readonly description: string | null;
  readonly running: number;
  readonly queued: number;
  readonly scheduled: number;
}

const ORDERS = { id: 'pool.name', name: 'pool.name', slots: 'pool.slots' } as const;

/**
 * Pools by name. Slots are counted from the task instances of runs that are not over: exact, and a cost of
 * what is under way, not of history.
 */
export async function listPools(
  sql: Sql,
  filter: {
    readonly name?: string | undefined;
    readonly pattern?: string | undefined;
    readonly order?: readonly Order<keyof typeof ORDERS>[] | undefined;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<{ pools: PoolRow[]; total: number }> {
  const where = new Conditions()
    .add(filter.name, (value) => `pool.name = ${value}`)
    .addPattern('pool.name', filter.pattern);
  // `offset 0` keeps task instances a look-up by key, whatever the planner thinks of `live_run`.
  const { rows } = await sql.query<PoolRow & { total: number }>(
    `with task as materialized (
       select version.version_key, (task.place - 1)::int as ix, task.value ->> 'pool' as pool,
              (task.value ->> 'poolSlots')::int as slots
         from (
           select distinct run.version_key
             from tidegate.live_run
             join tidegate.dag_run as run using (run_key)
         ) as live
         join tidegate.dag_version as version using (version_key),
              json_array_elements(version.serialized -> 'tasks') with ordinality
                as task (value, place)
     ),
     used as (
       select task.pool,
              sum(task.slots) filter (where instance.state in ('running', 'restarting')) as running,
              sum(task.slots) filter (where instance.state = 'queued') as queued,
              sum(task.slots) filter (where instance.state = 'scheduled') as scheduled
         from tidegate.live_run
         join tidegate.dag_run as run using (run_key)
        cross join lateral (
          select ix, state
            from tidegate.task_instance
           where task_instance.run_key = live_run.run_key
          offset 0
        ) as instance
         join task on task.version_key = run.version_key and task.ix = instance.ix
        group by task.pool
     )
     select pool.name, pool.slots, pool.description, coalesce(used.running, 0) as running,
            coalesce(used.queued, 0) as queued, coalesce(used.scheduled, 0) as scheduled,
            count(*) over () as total
       from tidegate.pool
       left join used on used.pool = pool.name
      where ${where.toSql()}
      order by ${toOrderSql(filter.order, ORDERS, 'pool.name')}
      limit ${where.value(filter.limit)} offset ${where.value(filter.offset)}`,
    where.values,
  );
  return { pools: rows, total: rows[0]?.total ?? 0 };
}
