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
