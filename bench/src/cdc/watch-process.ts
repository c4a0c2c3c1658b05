/** Watches `bank_accounts_current` from a process of its own and says when each change became readable. */
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

const POLL_MS = 1;
const DEADLINE_MS = 30_000;
/** Connections of the writer commit out of order, by a few changes only. */
const OUT_OF_ORDER = 100;

process.once('message', (order: WatchOrder) => {
  void watch(order).then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});

async function watch({ warehouseUrl, changes }: WatchOrder): Promise<WatchReport> {
  const client = new pg.Client({ connectionString: warehouseUrl });
  await client.connect();
  const visibleAt: number[] = [];
  const ids: number[] = [];
  let seen = 0;
  /** Every change before this one is visible. */
  let first = 0;
  let lastSeenAt = clockMs() + DEADLINE_MS;
  while (seen < changes && clockMs() - lastSeenAt < DEADLINE_MS) {
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
    await delay(POLL_MS);
  }
  await client.end();
  return { visibleAt };
}
