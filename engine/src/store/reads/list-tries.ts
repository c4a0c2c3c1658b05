import type { Sql } from '../db.ts';

/** One try, ended or running, as it is kept for good. */
export interface TaskTry {
  readonly tryNumber: number;
  readonly state: 'running' | 'success' | 'failed' | 'skipped' | 'lost';
  readonly clearNumber: number;
  readonly worker: string | null;
  readonly scheduledAt: Date | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** JSON text. */
  readonly output: string | null;
  /** JSON text of a `TaskError`, or of why it was skipped or lost. */
  readonly error: string | null;
  /** JSON text: `{ done, total? }`. */
  readonly progress: string | null;
  readonly waitingFor: string | null;
}

/** A try with the place of its task. */
export interface TryOfRun {
  readonly ix: number;
  readonly try_number: number;
  readonly state: TaskTry['state'];
  readonly clear_number: number;
  readonly worker: string | null;
  readonly scheduled_ms: number | null;
  readonly start_ms: number | null;
  readonly end_ms: number | null;
  readonly error: string | null;
  readonly progress: string | null;
  readonly waiting_for: string | null;
}

/** The newest `limit` tries of a run, the oldest of each task first, outputs left out. */
export async function listTriesOfRun(sql: Sql, runKey: number, limit: number): Promise<TryOfRun[]> {
  const { rows } = await sql.query<TryOfRun>(
    `with newest as (
       select ix, try_number, state, clear_number, session_key, scheduled_ms, start_ms, end_ms,
              error, progress, waiting_for
         from tidegate.task_try
        where run_key = $1
        order by try_number desc, ix
        limit $2
     )
     select newest.ix, newest.try_number, newest.state, newest.clear_number, worker.name as worker,
            newest.scheduled_ms, newest.start_ms, newest.end_ms, newest.error, newest.progress,
            newest.waiting_for
       from newest
       left join tidegate.instance as worker on worker.instance_key = newest.session_key
      order by newest.ix, newest.try_number`,
    [runKey, limit],
  );
  return rows;
}

/** Every try of a task instance, the oldest first. */
export async function listTries(sql: Sql, runKey: number, ix: number): Promise<TaskTry[]> {
  const result = await sql.query<TaskTry>(
    `select try.try_number as "tryNumber", try.state, try.clear_number as "clearNumber",
            worker.name as worker, to_timestamp(try.scheduled_ms / 1000.0) as "scheduledAt",
            to_timestamp(try.start_ms / 1000.0) as "startedAt",
            to_timestamp(try.end_ms / 1000.0) as "endedAt",
            try.output, try.error, try.progress, try.waiting_for as "waitingFor"
       from tidegate.task_try as try
       left join tidegate.instance as worker on worker.instance_key = try.session_key
      where try.run_key = $1 and try.ix = $2
      order by try.try_number`,
    [runKey, ix],
  );
  return result.rows;
}
