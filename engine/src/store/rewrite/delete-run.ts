import { TidegateError } from '../../platform/errors.ts';
import type { Database, Tx } from '../db.ts';
import { STORE_ERRORS } from '../errors.ts';

/**
 * Removes a run with its task instances, tries and logs. Refused while it is not over, and for a run that owns
 * a live range: without it, what its stream has loaded could not be told any more. False: there is no such run.
 * Locks the run row; waits behind a flush that holds it.
 */
export async function deleteRun(
  database: Database,
  dagId: string,
  runId: string,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ run_key: number; state: string }>(
      'select run_key, state from tidegate.dag_run where dag_id = $1 and run_id = $2 for update',
      [dagId, runId],
    );
    const run = rows[0];
    if (run === undefined) return false;
    if (run.state !== 'success' && run.state !== 'failed') {
      throw refused(`run ${runId} is ${run.state}: mark it a success or failed first`);
    }
    await refuseLiveRange(tx, runId, run.run_key);
    for (const table of ['task_log', 'task_try', 'task_instance', 'timer', 'outbox', 'dag_run']) {
      await tx.query(`delete from tidegate.${table} where run_key = $1`, [run.run_key]);
    }
    await tx.query('insert into tidegate.flush_delta (changes) values ($1)', [
      JSON.stringify({ tasks: [], runs: [run.run_key] }),
    ]);
    return true;
  });
}

async function refuseLiveRange(tx: Tx, runId: string, runKey: number): Promise<void> {
  const { rowCount } = await tx.query(
    'select 1 from tidegate.run_range where run_key = $1 and is_live limit 1',
    [runKey],
  );
  if (rowCount === 0) return;
  throw refused(
    `run ${runId} owns a live range of its stream, which could not be accounted for without it: it goes with its retention`,
  );
}

function refused(message: string): TidegateError {
  return new TidegateError(STORE_ERRORS.runKept, message);
}
