import { PROCESS_KILLED } from '../state/apply-report.ts';
import { placeOf, type TaskRef } from '../state/flush-rows.ts';
import type { Sql } from './db.ts';

/**
 * How often in a row, up to now, the process of each task instance was killed under it, by `placeOf`: since it
 * was cleared, and since a try of it ended by itself. The error is compared as text: JSON with an escaped NUL cannot be
 * opened there. Other losses (a worker restarted) neither count nor end the row.
 */
export async function countKilledTries(
  sql: Sql,
  tasks: readonly TaskRef[],
): Promise<ReadonlyMap<number, number>> {
  const result = await sql.query<{ run_key: number; ix: number; killed: number }>(
    `select task.run_key, task.ix, count(*)::int as killed
       from unnest($1::bigint[], $2::int[]) as told (run_key, ix)
       join tidegate.task_instance as task using (run_key, ix)
       join tidegate.task_try as try
         on try.run_key = task.run_key and try.ix = task.ix
        and try.clear_number = task.clear_number
      where try.state = 'lost' and try.error like '%"code":"' || $3 || '"}'
        and not exists (
          select from tidegate.task_try as later
           where later.run_key = try.run_key and later.ix = try.ix
             and later.try_number > try.try_number and later.state in ('success', 'failed', 'skipped')
        )
      group by task.run_key, task.ix`,
    [tasks.map(({ runKey }) => runKey), tasks.map(({ ix }) => ix), PROCESS_KILLED],
  );
  return new Map(
    result.rows.map((row) => [placeOf({ runKey: row.run_key, ix: row.ix }), row.killed]),
  );
}
