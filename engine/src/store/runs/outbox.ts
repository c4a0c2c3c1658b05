import type { QueueJob } from '../../queue/task-queue.ts';
import type { Sql } from '../db.ts';

export interface OutboxJob extends QueueJob {
  readonly outboxKey: number;
}

/** Committed jobs that were not sent yet, oldest first. */
export async function listOutbox(sql: Sql, limit: number): Promise<OutboxJob[]> {
  const { rows } = await sql.query<{
    outbox_key: number;
    run_key: number;
    ix: number;
    try_number: number;
    nonce: string;
    queue: string;
    priority: number;
  }>(
    `select outbox_key, run_key, ix, try_number, nonce, queue, priority
       from tidegate.outbox order by outbox_key limit $1`,
    [limit],
  );
  return rows.map((row) => ({
    outboxKey: row.outbox_key,
    runKey: row.run_key,
    ix: row.ix,
    tryNumber: row.try_number,
    nonce: row.nonce,
    queue: row.queue,
    priority: row.priority,
  }));
}

/** Forgets jobs that are in the queue. */
export async function deleteOutbox(sql: Sql, outboxKeys: readonly number[]): Promise<void> {
  if (outboxKeys.length === 0) return;
  await sql.query('delete from tidegate.outbox where outbox_key = any($1::bigint[])', [outboxKeys]);
}
