import { readFile } from 'node:fs/promises';

import mysql from 'mysql2/promise';
import pg from 'pg';

import { runInOwnProcess } from '../child.ts';
import type { WatchOrder, WatchReport } from '../cdc/watch-process.ts';
import { clockMs } from '../dags/clock.ts';
import { createDatabase, ROOT, withProduct } from '../product/product.ts';
import { percentile, type Workload } from '../workload.ts';

const CHANGES_PER_SECOND = 100;
const SECONDS = 60;
const WARM_UP_SECONDS = 5;
const SOURCE_SQL = new URL('../../../sql/source/bankdb.sql', import.meta.url);

/**
 * Commit answered by MariaDB → row readable in `bank_accounts_current`, through the whole product and real
 * Kafka. Open loop: a change is due at its time whatever became of the one before, and its latency counts
 * from the answer to its commit.
 */
export const freshness: Workload = {
  name: 'freshness',
  description: 'commit in MariaDB to row in PostgreSQL at 100 changes/s, whole product, real Kafka',
  run: async (context) => {
    const { services, say, seconds = SECONDS } = context;
    const sourceUrl = await services.mysqlUrl();
    const warehouseUrl = await createDatabase(await services.postgresUrl(), 'bench_bankdw');
    const sql = await mysql.createConnection({ uri: sourceUrl, multipleStatements: true });
    await sql.query('drop database if exists bankdb');
    await sql.query(await readFile(SOURCE_SQL, 'utf8'));
    const environment = {
      TIDEGATE_KAFKA_BROKERS: await services.kafkaBrokers(),
      TIDEGATE_CONN_BANKDB: new URL('/bankdb', sourceUrl).href,
      TIDEGATE_CONN_BANKDW: warehouseUrl,
      TIDEGATE_DAGS_FOLDER: `${ROOT}/dags/src`,
    };
    const changes = CHANGES_PER_SECOND * (seconds + WARM_UP_SECONDS);
    const { committedAt, visibleAt } = await withProduct(context, environment, async () => {
      say(`  ${CHANGES_PER_SECOND} changes a second for ${seconds} s …`);
      const watching = runInOwnProcess<WatchReport>(
        new URL('../cdc/watch-process.ts', import.meta.url),
        { warehouseUrl, changes } satisfies WatchOrder,
      );
      return { committedAt: await writeOpenLoop(sql, changes), ...(await watching) };
    });
    const latencies = committedAt
      .slice(CHANGES_PER_SECOND * WARM_UP_SECONDS)
      .map((at, place) => (visibleAt[place + CHANGES_PER_SECOND * WARM_UP_SECONDS] ?? NaN) - at);
    const history = await countHistory(warehouseUrl);
    await sql.end();
    if (latencies.some(Number.isNaN) || history !== changes)
      throw new Error(`history has ${history} of ${changes} changes, or one was never visible`);
    return [
      { metric: 'p50_ms', value: percentile(latencies, 0.5), unit: 'ms' },
      { metric: 'p99_ms', value: percentile(latencies, 0.99), unit: 'ms' },
      { metric: 'max_ms', value: Math.max(...latencies), unit: 'ms' },
    ];
  },
};

/** Change `n` inserts the account `bench n`; answers when each commit was answered. */
async function writeOpenLoop(sql: mysql.Connection, changes: number): Promise<number[]> {
  const committedAt: number[] = [];
  const pending: Promise<void>[] = [];
  const startedAt = clockMs() + 500;
  for (let change = 0; change < changes; change += 1) {
    const dueAt = startedAt + (change * 1_000) / CHANGES_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - clockMs())));
    pending.push(
      sql
        .query('insert into bankdb.bank_accounts (user_id, account) values (?, ?)', [
          5_000 + (change % 500),
          `bench ${change}`,
        ])
        .then(() => {
          committedAt[change] = clockMs();
        }),
    );
  }
  await Promise.all(pending);
  return committedAt;
}

async function countHistory(warehouseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: warehouseUrl });
  await client.connect();
  const { rows } = await client.query<{ changes: string }>(
    `select count(*) as changes from bank_accounts_history where account like 'bench %'`,
  );
  await client.end();
  return Number(rows[0]?.changes);
}
