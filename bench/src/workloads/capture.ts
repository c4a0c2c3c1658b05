import { openTopicLog } from '@tidegate/engine/topic-log';
import mysql, { type Connection } from 'mysql2/promise';

import type { CaptureOrder, CaptureReport } from '../cdc/capture-process.ts';
import { runInOwnProcess } from '../child.ts';
import type { Figure, Workload } from '../workload.ts';

const ROWS = 300_000;
const TRANSACTION_ROWS = 1_000;

/** MariaDB's binlog and tables into real Kafka, events and place in one Kafka transaction. */
export const capture: Workload = {
  name: 'capture',
  description: 'stream (2/3 inserts, 1/3 updates) and snapshot of a bank table into Kafka',
  run: async ({ services, records = ROWS, say }) => {
    const source = await services.mysqlUrl();
    const brokers = await services.kafkaBrokers();
    const database = `bench_${Date.now()}`;
    const sql = await mysql.createConnection({ uri: source, multipleStatements: true });
    await createTable(sql, database);
    const order = { source, brokers, database, prefix: database };
    const figures: Figure[] = [];

    say('  stream …');
    // The process first finds its place in the empty table; then it is held back until all is written.
    await runCapture({ ...order, prefix: `${database}_s`, untilRows: 0 });
    await write(sql, database, records);
    const stream = await runCapture({ ...order, prefix: `${database}_s`, untilRows: records });
    await requireRecords(brokers, `${database}_s.${database}.bank_accounts`, records);
    figures.push(...figuresOf('stream', stream));

    say('  snapshot …');
    const rows = Math.ceil((records * 2) / 3);
    const snapshot = await runCapture({ ...order, prefix: `${database}_t`, untilRows: rows });
    await requireRecords(brokers, `${database}_t.${database}.bank_accounts`, rows);
    figures.push(...figuresOf('snapshot', snapshot));
    await sql.end();
    return figures;
  },
};

function runCapture(order: CaptureOrder): Promise<CaptureReport> {
  return runInOwnProcess(new URL('../cdc/capture-process.ts', import.meta.url), order);
}

function figuresOf(of: string, report: CaptureReport): Figure[] {
  return [
    { of, metric: 'rows_per_second', value: (report.rows * 1_000) / report.ms, unit: 'rows/s' },
    { of, metric: 'cpu_us_per_row', value: (report.cpuMs * 1_000) / report.rows, unit: 'us' },
    { of, metric: 'peak_rss_mb', value: report.peakRssMb, unit: 'MB' },
  ];
}

async function createTable(sql: Connection, database: string): Promise<void> {
  await sql.query(
    `create database ${database} character set utf8mb4; use ${database};
     create table bank_accounts (
       id bigint not null auto_increment primary key,
       user_id bigint not null,
       account varchar(255) not null,
       created_at datetime not null default current_timestamp,
       updated_at timestamp(6) not null default current_timestamp(6) on update current_timestamp(6))`,
  );
}

/** Two thirds inserts, then one third updates, in transactions of 1,000 rows. */
async function write(sql: Connection, database: string, changes: number): Promise<void> {
  const inserts = Math.ceil((changes * 2) / 3);
  for (let done = 0; done < inserts; done += TRANSACTION_ROWS) {
    const rows = Array.from({ length: Math.min(TRANSACTION_ROWS, inserts - done) }, (_, place) => [
      1 + ((done + place) % 20_000),
      `First Bank ${String(done + place).padStart(9, '0')}`,
    ]);
    await sql.query(`insert into ${database}.bank_accounts (user_id, account) values ?`, [rows]);
  }
  const updates = changes - inserts;
  for (let from = 1; from <= updates; from += TRANSACTION_ROWS) {
    const to = Math.min(from + TRANSACTION_ROWS - 1, updates);
    await sql.query(
      `update ${database}.bank_accounts set account = concat(account, ' x') where id between ${from} and ${to}`,
    );
  }
}

/** Every change is in the topic once, by source position and row. */
async function requireRecords(brokers: string, topic: string, wanted: number): Promise<void> {
  const log = await openTopicLog({ kind: 'kafka', brokers: brokers.split(',') });
  const seen = new Set<string>();
  for (const [partition, { start, end }] of await log.bounds(topic))
    for await (const records of log.readRange(topic, partition, { from: start, to: end }))
      for (const { key, value } of records) addIdentity(seen, key, value);
  await log.close();
  if (seen.size !== wanted)
    throw new Error(`${topic} has ${seen.size} changes, must have ${wanted}`);
}

function addIdentity(seen: Set<string>, key: Buffer | null, value: Buffer | null): void {
  if (value === null) return;
  const { op, source } = JSON.parse(value.toString()) as {
    op: string;
    source: { file: string; pos: number; row: number };
  };
  if (op === 'm') return;
  const identity = `${String(key)} ${source.file} ${source.pos} ${source.row}`;
  if (seen.has(identity)) throw new Error(`a change came twice: ${identity}`);
  seen.add(identity);
}
