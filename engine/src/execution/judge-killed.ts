import { placeOf } from '../state/flush-rows.ts';
import type { Sql } from '../store/db.ts';
import { countKilledTries } from '../store/killed-tries.ts';
import type { FinishRequest } from './contract.ts';
import { EXECUTION_ERRORS } from './errors.ts';

type Result = FinishRequest['results'][number];

/** Who is killed by chance is not killed so often; who brings it about is, at every try. */
export const MOST_KILLS = 3;

/**
 * A process killed from outside costs its task no retry, but a task that has its process killed at every try
 * (the system's out-of-memory killer, most likely) would go on for ever: the `most`-th time in a row counts as
 * its own failure. Reads nothing unless a process was killed.
 */
export async function judgeKilled(
  sql: Sql,
  results: readonly Result[],
  most = MOST_KILLS,
): Promise<readonly Result[]> {
  const killed = results.filter(isKilled);
  if (killed.length === 0) return results;
  const before = await countKilledTries(
    sql,
    killed.map(({ task }) => task),
  );
  return results.map((result) => {
    const count = 1 + (before.get(placeOf(result.task)) ?? 0);
    return isKilled(result) && count >= most ? failedByKills(result, count) : result;
  });
}

function isKilled({ outcome }: Result): boolean {
  return outcome.kind === 'lost' && outcome.cause === 'process_killed';
}

function failedByKills(result: Result, count: number): Result {
  const how = result.outcome.kind === 'lost' ? result.outcome.reason : '';
  const message =
    `its task process was killed ${count} times in a row (${how}): most likely the task needs more memory ` +
    'than the machine has, or kills its own process; let it hold less at once, or run fewer tasks beside it';
  const error = { name: 'TidegateError', message, code: EXECUTION_ERRORS.killedAgainAndAgain };
  return { ...result, outcome: { kind: 'failed', retriable: true, error } };
}
