import type { Tx } from './db.ts';

const REGISTRATION_LOCK = 7_433_003;

/**
 * One registration at a time, and no pool changes beside it: two files must not take the same id, nor a task more
 * slots than its pool is about to have. Held to the end of the transaction.
 */
export async function lockRegistration(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [REGISTRATION_LOCK]);
}
