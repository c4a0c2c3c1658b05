/** Watches `bank_accounts_current` from a process of its own and says when each change became readable. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import { clockMs } from '../dags/clock.ts';

export interface WatchOrder {
  readonly warehouseUrl: string;
  readonly changes: number;
}

export interface WatchReport {
  /** On `clockMs`, by number of the change. */
  readonly visibleAt: readonly number[];
}

const CHANNEL = 'bench_loaded';
const DEADLINE_MS = 30_000;
/** Connections of the writer commit out of order, by a few changes only. */
const OUT_OF_ORDER = 100;

/**
 * A trigger of the bench's own tells of each load as it is committed: its price, some 50 us a load, is part of
 * what is measured. Asking every millisecond took a quarter of a core from it.
 */
const TELL = `
create or replace function bench_tell_load() returns trigger language plpgsql as $$
begin
  perform pg_notify('${CHANNEL}', '');
  return null;
end $$;
create or replace trigger bench_tell_load after insert or update on bank_accounts_current
  for each statement execute function bench_tell_load();
listen ${CHANNEL}`;

process.once('message', (order: WatchOrder) => {
  void watch(order).then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});

async function watch({ warehouseUrl, changes }: WatchOrder): Promise<WatchReport> {
  const client = new pg.Client({ connectionString: warehouseUrl });
  await client.connect();
  await client.query(TELL);
  // Else its plan stays the one of the empty table, and each look reads all there is: 7 ms at 25,000 rows.
  await client.query('set enable_seqscan = off');
  const visibleAt: number[] = [];
  const ids: number[] = [];
  let seen = 0;
  /** Every change before this one is visible. */
  let first = 0;
  let lastSeenAt = clockMs() + DEADLINE_MS;
  while (seen < changes && clockMs() - lastSeenAt < DEADLINE_MS) {
    const told = once(client, 'notification');
    const { rows } = await client.query<{ id: string; account: string }>({
      name: 'newer',
      text: `select original_id as id, account from bank_accounts_current
              where original_id > $1 and account like 'bench %' order by original_id`,
      values: [ids[first - OUT_OF_ORDER] ?? 0],
    });
    const now = clockMs();
    for (const { id, account } of rows) {
      const change = Number(account.slice('bench '.length));
      if (visibleAt[change] !== undefined) continue;
      visibleAt[change] = now;
      ids[change] = Number(id);
      seen += 1;
      lastSeenAt = now;
    }
    while (visibleAt[first] !== undefined) first += 1;
    if (seen < changes) await Promise.race([told, delay(1_000)]);
  }
  await client.end();
  return { visibleAt };
}
