import { readFile } from 'node:fs/promises';

import { openTopicLog } from '@tidegate/engine/topic-log';
import pg from 'pg';

import { actualDigests, expectedDigests } from '../cdc/bank-oracle.ts';
import { BankStream } from '../cdc/bank-stream.ts';
import type { LoadOrder, LoadReport } from '../cdc/load-process.ts';
import { runInOwnProcess } from '../child.ts';
import { createDatabase } from '../product/product.ts';
import type { Workload } from '../workload.ts';

const RECORDS = 1_000_000;
const RECORDS_PER_RUN = 100_000;
const PARTITIONS = 3;
const WAREHOUSE = new URL('../../../sql/warehouse/bankdw.sql', import.meta.url);

/** Real Kafka to history, current and dirty keys in PostgreSQL, by the loader any DAG uses. */
export const cdcPostgres: Workload = {
  name: 'cdc-postgres',
  description: '1 M bank events from Kafka into history, current and dirty keys, then stats',
  run: async ({ services, records = RECORDS, say }) => {
    const brokers = await services.kafkaBrokers();
    const topic = `bench.bank.${records}`;
    const log = await openTopicLog({ kind: 'kafka', brokers: brokers.split(',') });
    await log.ensureTopic(topic, { partitions: PARTITIONS });
    const bounds = [...(await log.bounds(topic)).values()];
    if (bounds.every(({ end }) => end === 0)) {
      say(`  producing ${records} events …`);
      const stream = new BankStream();
      for (let done = 0; done < records; done += 5_000) {
        const size = Math.min(5_000, records - done);
        await log.produce(
          topic,
          Array.from({ length: size }, () => stream.next()),
        );
      }
    }
    const warehouseUrl = await createDatabase(await services.postgresUrl(), 'bench_bankdw');
    const client = new pg.Client({ connectionString: warehouseUrl });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(await readFile(WAREHOUSE, 'utf8'));
    say('  loading …');
    const report = await runInOwnProcess<LoadReport>(
      new URL('../cdc/load-process.ts', import.meta.url),
      { brokers, topic, warehouseUrl, recordsPerRun: RECORDS_PER_RUN } satisfies LoadOrder,
    );
    say('  comparing with a recomputation from the log …');
    const [expected, actual] = [await expectedDigests(log, topic), await actualDigests(client)];
    for (const table of ['history', 'current', 'stats'] as const)
      if (expected[table] !== actual[table])
        throw new Error(`${table} is ${actual[table]}, must be ${expected[table]}`);
    await client.end();
    await log.close();
    return [
      {
        metric: 'rows_per_second',
        value: (report.records * 1_000) / report.loadMs,
        unit: 'rows/s',
      },
      { metric: 'stats_ms', value: report.statsMs, unit: 'ms' },
      { metric: 'peak_rss_mb', value: report.peakRssMb, unit: 'MB' },
      { metric: 'cpu_us_per_row', value: (report.cpuMs * 1_000) / report.records, unit: 'us' },
    ];
  },
};
