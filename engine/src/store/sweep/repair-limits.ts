import type { Database, Sql } from '../db.ts';

export interface RepairedLimit {
  readonly key: string;
  /** Slots it was thought to have in use. */
  readonly counted: number;
  readonly used: number;
}

/**
 * Pools whose slots in use are other than what their task instances hold. A flush commits both at once, so one
 * statement never sees a difference that is not there.
 */
const DRIFTED = `
select usage.key, usage.used as counted, coalesce(held.slots, 0)::int as used
  from tidegate.limit_usage as usage
  left join (
    select 'pool:' || (plan.task ->> 'pool') as key, sum((plan.task ->> 'poolSlots')::int) as slots
      from tidegate.live_run as live
      join tidegate.task_instance as task using (run_key)
      join tidegate.dag_run as run using (run_key)
      join tidegate.dag_version as version using (version_key)
     cross join lateral (select version.serialized -> 'tasks' -> task.ix as task) as plan
     where task.state in ('queued', 'running', 'restarting')
     group by 1
  ) as held using (key)
 where usage.used <> coalesce(held.slots, 0)
   and ($1::text[] is null or usage.key = any ($1))`;

/** Counts anew what a pool has in use, should it ever be wrong. Locks nothing as long as all are right. */
export async function repairLimits(database: Database): Promise<readonly RepairedLimit[]> {
  const suspects = await listDrifted(database, null);
  if (suspects.length === 0) return [];
  return database.transaction(async (tx) => {
    const keys = suspects.map(({ key }) => key);
    // No flush that takes or gives slots of these commits meanwhile.
    await tx.query(
      'select from tidegate.limit_usage where key = any ($1) order by key for no key update',
      [keys],
    );
    const drifted = await listDrifted(tx, keys);
    await tx.query(
      `update tidegate.limit_usage as usage
          set used = new.used
         from unnest($1::text[], $2::int[]) as new (key, used)
        where usage.key = new.key`,
      [drifted.map(({ key }) => key), drifted.map(({ used }) => used)],
    );
    return drifted;
  });
}

async function listDrifted(sql: Sql, keys: readonly string[] | null): Promise<RepairedLimit[]> {
  const result = await sql.query<RepairedLimit>(DRIFTED, [keys]);
  return result.rows;
}
