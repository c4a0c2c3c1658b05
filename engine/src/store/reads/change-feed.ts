import type { Sql } from '../db.ts';

/** What one flush changed. */
export interface DeltaRow {
  readonly delta_key: number;
  /** `{"tasks":[[run,ix,state,try],…],"runs":[…keys]}` */
  readonly changes: string;
}

/** A run as an event shows it. */
export interface ChangedRun {
  readonly run_key: number;
  readonly dag_id: string;
  readonly run_id: string;
  readonly version_key: number;
  readonly state: 'queued' | 'running' | 'success' | 'failed';
  readonly run_after: Date;
  readonly start_at: Date | null;
  readonly end_at: Date | null;
  readonly failed_tasks: number;
}

/** The newest key given out. With a crash of the server keys may begin again. */
export async function readNewestDelta(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ delta_key: number }>(
    `select last_value as delta_key from tidegate.flush_delta_delta_key_seq`,
  );
  return rows[0]?.delta_key ?? 0;
}

/**
 * Where a reader begins that is to hear what happened in the last `backMs` milliseconds (a minute at most, which
 * is as long as deltas live) and from then on: the keys before the first delta and the first run of that time.
 */
export async function readFeedStart(
  sql: Sql,
  backMs: number,
): Promise<{ readonly deltaKey: number; readonly runKey: number }> {
  const { rows } = await sql.query<{ delta_key: number; run_key: number }>(
    `select coalesce(
              (select min(delta_key) - 1
                 from tidegate.flush_delta
                where at > now() - $1 * interval '1 ms'),
              delta.last_value
            ) as delta_key,
            coalesce(
              (select max(run_key)
                 from tidegate.dag_run
                where queued_at <= now() - $1 * interval '1 ms'),
              0
            ) as run_key
       from tidegate.flush_delta_delta_key_seq as delta`,
    [backMs],
  );
  return { deltaKey: rows[0]?.delta_key ?? 0, runKey: rows[0]?.run_key ?? 0 };
}

/** Deltas after `after`, and those of `holes` (keys given out and not committed yet then) that have come. */
export async function listDeltas(
  sql: Sql,
  after: number,
  options: { readonly holes: readonly number[]; readonly limit: number },
): Promise<DeltaRow[]> {
  const { rows } = await sql.query<DeltaRow>(
    `select delta_key, changes
       from tidegate.flush_delta
      where delta_key > $1
      union all
     select delta_key, changes
       from tidegate.flush_delta
      where delta_key = any ($2::bigint[])
      order by delta_key
      limit $3`,
    [after, options.holes, options.limit],
  );
  return rows;
}

/** Runs made after `after` (`limit` of them at most), and those named. */
export async function listChangedRuns(
  sql: Sql,
  runKeys: readonly number[],
  made: { readonly after: number; readonly limit: number },
): Promise<ChangedRun[]> {
  const columns = `run_key, dag_id, run_id, version_key, state, run_after, start_at, end_at, failed_tasks`;
  const { rows } = await sql.query<ChangedRun>(
    `(select ${columns}
        from tidegate.dag_run
       where run_key > $2 and not run_key = any ($1::bigint[])
       order by run_key
       limit $3)
      union all
     select ${columns}
       from tidegate.dag_run
      where run_key = any ($1::bigint[])`,
    [runKeys, made.after, made.limit],
  );
  return rows;
}
