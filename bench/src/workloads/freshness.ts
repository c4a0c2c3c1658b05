import { readFile } from 'node:fs/promises';

import mysql from 'mysql2/promise';
import pg from 'pg';

import { runInOwnProcess } from '../child.ts';
import { measureMetadata } from '../cdc/metadata-size.ts';
import { stageFigures } from '../cdc/run-stages.ts';
import { latenciesOf, waitingAtLoads } from '../cdc/visibility.ts';
import type { WatchOrder, WatchReport } from '../cdc/watch-process.ts';
import { writeOpenLoop } from '../cdc/write-changes.ts';
import { ROOT, withProduct, type Product } from '../product/product.ts';
import { percentile, type Figure, type Workload, type WorkloadContext } from '../workload.ts';

const CHANGES_PER_SECOND = 100;
const SECONDS = 60;
/** Until what runs all the time has been compiled, ours and Kafka's: a service is started once. */
const WARM_UP_SECONDS = 20;
const HOUR_SECONDS = 3_600;
/** When a load commits, fewer committed changes than these are to wait. */
const TOO_MANY_WAITING = 100;
const SOURCE_SQL = new URL('../../../sql/source/bankdb.sql', import.meta.url);

/**
 * Commit answered by MariaDB → row readable in `bank_accounts_current`, through the whole product and real
 * Kafka. Open loop: a change is due at its time whatever became of the one before, and its latency counts
 * from the answer to its commit.
 */
export const freshness: Workload = {
  name: 'freshness',
  description:
    'commit in MariaDB to row in PostgreSQL, whole product, real Kafka (--rate, --seconds)',
  run: async (context) => {
    const { services, seconds = SECONDS, rate = CHANGES_PER_SECOND } = context;
    const sourceUrl = await services.mysqlUrl();
    await createSource(sourceUrl);
    const environment = {
      TIDEGATE_KAFKA_BROKERS: await services.kafkaBrokers(),
      TIDEGATE_CONN_BANKDB: new URL('/bankdb', sourceUrl).href,
      TIDEGATE_DAGS_FOLDER: `${ROOT}/dags/src`,
    };
    const measured = { sourceUrl, rate, seconds };
    return withProduct(context, environment, (product) => measure(product, context, measured));
  },
};

interface Measured {
  readonly sourceUrl: string;
  readonly rate: number;
  readonly seconds: number;
}

async function measure(
  { metadata, warehouseUrl }: Product,
  { say }: WorkloadContext,
  { sourceUrl, rate, seconds }: Measured,
): Promise<Figure[]> {
  const first = rate * WARM_UP_SECONDS;
  const changes = first + rate * seconds;
  say(`  ${rate} changes a second for ${seconds} s …`);
  const before = await measureMetadata(metadata);
  const earlier = await countHistory(warehouseUrl);
  const watching = runInOwnProcess<WatchReport>(
    new URL('../cdc/watch-process.ts', import.meta.url),
    { warehouseUrl, changes } satisfies WatchOrder,
  );
  const committedAt = await writeOpenLoop({ sourceUrl, changes, rate });
  const { visibleAt } = await watching;
  const after = await measureMetadata(metadata);
  const latencies = latenciesOf({ committedAt, visibleAt }, first);
  const history = (await countHistory(warehouseUrl)) - earlier;
  if (latencies.some(Number.isNaN) || history !== changes)
    throw new Error(`history has ${history} of ${changes} changes, or one was never visible`);
  const waiting = waitingAtLoads({ committedAt, visibleAt }, first);
  const left100 = waiting.filter((left) => left >= TOO_MANY_WAITING);
  const hours = (seconds + WARM_UP_SECONDS) / HOUR_SECONDS;
  const writtenSeconds = ((committedAt.at(-1) ?? 0) - (committedAt[first] ?? 0)) / 1_000;
  return [
    { metric: 'p50_ms', value: percentile(latencies, 0.5), unit: 'ms' },
    { metric: 'p99_ms', value: percentile(latencies, 0.99), unit: 'ms' },
    { metric: 'max_ms', value: percentile(latencies, 1), unit: 'ms' },
    { metric: 'rate', value: latencies.length / writtenSeconds, unit: 'rows/s' },
    { metric: 'waiting_after_load_p50', value: percentile(waiting, 0.5), unit: 'count' },
    { metric: 'waiting_after_load_p99', value: percentile(waiting, 0.99), unit: 'count' },
    { metric: 'waiting_after_load_max', value: percentile(waiting, 1), unit: 'count' },
    { metric: 'loads', value: waiting.length, unit: 'count' },
    { metric: 'loads_that_left_100', value: left100.length, unit: 'count' },
    { metric: 'metadata_rows', value: (after.rows - before.rows) / hours, unit: 'rows/h' },
    { metric: 'metadata_mb', value: (after.bytes - before.bytes) / 1e6 / hours, unit: 'MB/h' },
    ...(await stageFigures(metadata)),
  ];
}

async function createSource(sourceUrl: string): Promise<void> {
  const sql = await mysql.createConnection({ uri: sourceUrl, multipleStatements: true });
  await sql.query('drop database if exists bankdb');
  await sql.query(await readFile(SOURCE_SQL, 'utf8'));
  await sql.end();
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
