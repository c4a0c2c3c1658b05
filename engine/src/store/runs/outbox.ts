import type { QueueJob } from '../../queue/task-queue.ts';
import type { Sql } from '../db.ts';

export interface OutboxJob extends QueueJob {
  readonly outboxKey: number;
}

/** Forgets the jobs that are in the queue and answers the next committed ones, oldest first, in one statement. */
export async function exchangeOutbox(
  sql: Sql,
  exchange: { readonly sent: readonly number[]; readonly limit: number },
): Promise<OutboxJob[]> {
  const { rows } = await sql.query<{
    outbox_key: number;
    run_key: number;
    ix: number;
    try_number: number;
    nonce: string;
    queue: string;
    priority: number;
  }>(
    `with sent as (
       delete from tidegate.outbox where outbox_key = any($1::bigint[]) returning outbox_key
     )
     select outbox_key, run_key, ix, try_number, nonce, queue, priority
       from tidegate.outbox
      where outbox_key not in (select outbox_key from sent)
      order by outbox_key
      limit $2`,
    [exchange.sent, exchange.limit],
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
