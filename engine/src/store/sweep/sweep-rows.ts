import type { TimerKind, TimerRow } from '../../state/flush-rows.ts';
import type { Sql } from '../db.ts';

/** A try somebody holds, by its fence token. */
export interface HeldTry {
  readonly runKey: number;
  readonly ix: number;
  readonly tryNumber: number;
  readonly token: number;
}

interface HeldRow {
  run_key: number;
  ix: number;
  try_number: number;
  token: number;
}

/** Timers due before `untilMs`. */
export async function listTimers(sql: Sql, untilMs: number): Promise<TimerRow[]> {
  const result = await sql.query<{ run_key: number; ix: number; kind: TimerKind; due_ms: number }>(
    `select run_key, ix, kind, due_ms
       from tidegate.timer
      where due_ms < $1
      order by due_ms
      limit 10000`,
    [untilMs],
  );
  return result.rows.map((row) => ({
    runKey: row.run_key,
    ix: row.ix,
    kind: row.kind,
    dueMs: row.due_ms,
  }));
}

/**
 * Tries whose worker is gone: its session ended, its lease ran out, or its heartbeats no longer name them (a
 * grant lost on the way). Looks through live runs only.
 */
export async function listLostTries(
  sql: Sql,
  at: { readonly now: Date; readonly leaseMs: number },
): Promise<HeldTry[]> {
  const result = await sql.query<HeldRow>(
    `select task.run_key, task.ix, task.try_number, task.token
       from tidegate.live_run as live
       join tidegate.task_instance as task using (run_key)
       left join tidegate.instance as holder on holder.instance_key = task.session_key
      where task.state in ('running', 'restarting')
        and (
          holder.instance_key is null
          or holder.ended_at is not null
          or (
            -- A fresh try has a lease of its own: a worker that waited long for it may not have sent a beat.
            holder.lease_until < $1
            and task.start_ms < extract(epoch from $1::timestamptz) * 1000 - $2::int
          )
          or (
            task.start_ms < extract(epoch from holder.heartbeat_at) * 1000 - $2::int
            and not task.token = any (holder.held)
          )
        )
      limit 1000`,
    [at.now, at.leaseMs],
  );
  return result.rows.map(toHeldTry);
}

/** Tries a worker session holds, in any live run. */
export async function listTriesOfSession(sql: Sql, sessionKey: number): Promise<HeldTry[]> {
  const result = await sql.query<HeldRow>(
    `select task.run_key, task.ix, task.try_number, task.token
       from tidegate.live_run as live
       join tidegate.task_instance as task using (run_key)
      where task.session_key = $1 and task.state in ('running', 'restarting')`,
    [sessionKey],
  );
  return result.rows.map(toHeldTry);
}

/** Tries a session was granted before `at` and does not name: their grants never reached it. */
export async function listUnheardTries(
  sql: Sql,
  session: { readonly sessionKey: number; readonly held: readonly number[]; readonly at: number },
): Promise<HeldTry[]> {
  const result = await sql.query<HeldRow>(
    `select task.run_key, task.ix, task.try_number, task.token
       from tidegate.live_run as live
       join tidegate.task_instance as task using (run_key)
      where task.session_key = $1 and task.state in ('running', 'restarting')
        and task.start_ms < $3 and not task.token = any ($2::bigint[])`,
    [session.sessionKey, session.held, session.at],
  );
  return result.rows.map(toHeldTry);
}

/** Ready task instances of live runs, of all or of the runs given. */
export async function listReady(
  sql: Sql,
  runKeys: readonly number[] | null,
): Promise<{ runKey: number; ix: number }[]> {
  const result = await sql.query<{ run_key: number; ix: number }>(
    `select task.run_key, task.ix
       from tidegate.live_run as live
       join tidegate.task_instance as task using (run_key)
      where live.slot is not null and task.state = 'scheduled'
        and ($1::bigint[] is null or live.run_key = any ($1))
      order by task.run_key, task.ix
      limit 20000`,
    [runKeys],
  );
  return result.rows.map((row) => ({ runKey: row.run_key, ix: row.ix }));
}

/** Runs that hold a slot and were never begun: their scheduler died in between, or they were cleared. */
export async function listUnbegunRuns(sql: Sql): Promise<number[]> {
  const result = await sql.query<{ run_key: number }>(
    `select run.run_key
       from tidegate.live_run as live
       join tidegate.dag_run as run using (run_key)
      where live.slot is not null and run.state = 'queued'
      order by run.run_key
      limit 1000`,
  );
  return result.rows.map((row) => row.run_key);
}

/** Running runs in which nothing can move by itself any more. */
export async function listStuckRuns(sql: Sql): Promise<number[]> {
  const result = await sql.query<{ run_key: number }>(
    `select run.run_key
       from tidegate.live_run as live
       join tidegate.dag_run as run using (run_key)
      where live.slot is not null and run.state = 'running'
        and not exists (
          select from tidegate.task_instance as task
           where task.run_key = run.run_key
             and task.state in ('scheduled', 'queued', 'running', 'restarting', 'up_for_retry',
                                'up_for_reschedule', 'deferred')
        )
      limit 100`,
  );
  return result.rows.map((row) => row.run_key);
}

/** Queued jobs no worker has started for a while: Redis lost them. Offers them to the outbox again. */
export async function requeueForgotten(sql: Sql, before: Date): Promise<number> {
  const result = await sql.query(
    `insert into tidegate.outbox (run_key, ix, try_number, nonce, queue, priority)
     select task.run_key, task.ix, task.try_number, task.token::text,
            version.serialized -> 'tasks' -> task.ix ->> 'queue',
            (version.serialized -> 'tasks' -> task.ix ->> 'priority')::int
       from tidegate.live_run as live
       join tidegate.task_instance as task using (run_key)
       join tidegate.dag_run as run using (run_key)
       join tidegate.dag_version as version using (version_key)
      where task.state = 'queued' and task.start_ms < $1
        and not exists (
          select from tidegate.outbox as waiting
           where waiting.run_key = task.run_key and waiting.ix = task.ix
        )
      limit 1000`,
    [before.getTime()],
  );
  return result.rowCount ?? 0;
}

/** What the event stream has had time to read. */
export async function deleteOldDeltas(sql: Sql, before: Date): Promise<void> {
  await sql.query('delete from tidegate.flush_delta where at < $1', [before]);
}

/** Limits and live runs as they stand, for the hints of the ready list. */
export async function readLimits(sql: Sql): Promise<{ key: string; cap: number; used: number }[]> {
  const result = await sql.query<{ key: string; cap: number; used: number }>(
    'select key, cap, used from tidegate.limit_usage',
  );
  return result.rows;
}

function toHeldTry(row: HeldRow): HeldTry {
  return { runKey: row.run_key, ix: row.ix, tryNumber: row.try_number, token: row.token };
}
