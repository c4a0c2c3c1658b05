import type { Database } from './db.ts';

/** One scheduler raises at a time: of two, the later one could set what is lower than tokens drawn in between. */
const RAISE_LOCK = 7_433_007;

/** Only upwards: others may draw while this reads, though never as many as microseconds pass. */
const RAISE = `
select setval('tidegate.fence_token', now.token)
  from tidegate.fence_token as drawn,
       (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as token) as now
 where drawn.last_value < now.token`;

/**
 * Lets fence tokens go on from the database's time in microseconds, which lies above all that were drawn: by a database
 * that was recovered to an earlier moment too, or by the one a promoted standby takes the place of. Without it tokens
 * would be drawn twice; targets would refuse the second as older, and a report of the first would count for the second.
 */
export async function raiseFenceTokens(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [RAISE_LOCK]);
    await tx.query(RAISE);
  });
}
