import { placeOf, type TaskRow } from '../state/flush-rows.ts';
import type { Database } from './db.ts';
import { TASK_COLUMNS, toTaskRow } from './flush/lock-rows.ts';
import { inputsOf, READ_OUTPUTS, outputKeys, type Outputs } from './flush/read-outputs.ts';
import type { RunInfoCache } from './flush/run-info.ts';
import { BugError } from '../platform/errors.ts';

export interface QueuedJob {
  readonly runKey: number;
  readonly ix: number;
  readonly tryNumber: number;
  /** The token drawn when the task was queued. */
  readonly nonce: string;
}

/**
 * Starts queued tries: state, try and nonce must be as the job says, or it is stale. One statement; the guard
 * on state is opaque to the planner, which must go by primary key.
 */
const START = `
update tidegate.task_instance as task
   set state = 'running', token = nextval('tidegate.fence_token'), session_key = $5, start_ms = $6
  from unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[]) as job (run_key, ix, try_number, nonce)
 where task.run_key = job.run_key and task.ix = job.ix and task.try_number = job.try_number
   and task.token = job.nonce and coalesce(task.state, '') = 'queued'
returning ${TASK_COLUMNS}`;

/** One row a job, in order; null where the job is stale. */
export async function startQueued(
  database: Database,
  cache: RunInfoCache,
  order: {
    readonly jobs: readonly QueuedJob[];
    readonly sessionKey: number;
    readonly nowMs: number;
  },
): Promise<{ readonly rows: readonly (TaskRow | null)[]; readonly outputs: Outputs }> {
  const jobs = order.jobs.filter((job) => /^\d{1,16}$/.test(job.nonce));
  const result = await database.query(START, [
    jobs.map((job) => job.runKey),
    jobs.map((job) => job.ix),
    jobs.map((job) => job.tryNumber),
    jobs.map((job) => job.nonce),
    order.sessionKey,
    order.nowMs,
  ]);
  const started = result.rows.map((row) => toTaskRow(Object.values(row)));
  await cache.load(started.map((row) => row.runKey));
  const byPlace = new Map(started.map((row) => [placeOf(row), row]));
  return {
    rows: order.jobs.map((job) => byPlace.get(placeOf(job)) ?? null),
    outputs: await readInputs(database, cache, started),
  };
}

async function readInputs(
  database: Database,
  cache: RunInfoCache,
  rows: readonly TaskRow[],
): Promise<Outputs> {
  const wanted = inputsOf(rows, (runKey) => {
    const info = cache.get(runKey);
    if (info === undefined) throw new BugError('a started run is unknown', { runKey });
    return info;
  });
  if (wanted.size === 0) return new Map();
  const result = await database.query<{ run_key: number; ix: number; output: string | null }>(
    READ_OUTPUTS.text,
    outputKeys([...wanted.values()]),
  );
  return new Map(
    result.rows.flatMap((row) =>
      row.output === null ? [] : [[placeOf({ runKey: row.run_key, ix: row.ix }), row.output]],
    ),
  );
}
