import type { Database } from './db.ts';

/** One scheduler raises at a time: of two, the later one could set what is lower than tokens drawn in between. */
const RAISE_LOCK = 7_433_007;

/** More than are drawn within any lag: what was drawn and forgotten is passed over, even by a clock that is behind. */
const PASSED_OVER = 1_000_000;

/** Others may draw while this reads, though never as many. */
const RAISE = `
select setval('tidegate.fence_token', greatest(now.token, drawn.last_value + ${PASSED_OVER}))
  from tidegate.fence_token as drawn,
       (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as token) as now`;

/**
 * Lets fence tokens go on from the database's time in microseconds, which lies above all that were drawn: by a database
 * that was recovered to an earlier moment too, or by the one a promoted standby takes the place of. Without it tokens
 * would be drawn twice; targets would refuse the second as older, and a report of the first would count for the second.
 * To be done before any is drawn.
 */
export async function raiseFenceTokens(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [RAISE_LOCK]);
    await tx.query(RAISE);
  });
}
