import type { Sql } from '../db.ts';

export interface SchedulerHealth {
  readonly latestHeartbeat: Date | null;
  readonly isAlive: boolean;
}

/** When a scheduler last said it lives, and whether one still does by its own lease. */
export async function findSchedulerHealth(sql: Sql): Promise<SchedulerHealth> {
  const { rows } = await sql.query<{ latest: Date | null; alive: boolean | null }>(
    `select max(heartbeat_at) as latest, bool_or(lease_until > now()) as alive
       from tidegate.instance
      where kind = 'scheduler'
        and ended_at is null`,
  );
  return { latestHeartbeat: rows[0]?.latest ?? null, isAlive: rows[0]?.alive === true };
}
