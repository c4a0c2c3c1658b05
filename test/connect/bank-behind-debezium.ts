import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import mysql from 'mysql2/promise';
import pg from 'pg';

import { BANK } from '../../standalone/src/bank.ts';
import { BankUnderLoad } from '../end-to-end/bank-under-load.ts';
import { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import {
  type ConnectorConfig,
  type DebeziumOptions,
  DebeziumUnderTest,
} from './debezium-under-test.ts';

const PIPELINE_TEST = fileURLToPath(new URL('../../scripts/test-etl-pipeline.sh', import.meta.url));
const run = promisify(execFile);

export const bankTopic = BANK.topic;

export interface BankOptions extends DebeziumOptions {
  /** To the deployed connector's configuration. */
  readonly changes?: ConnectorConfig | undefined;
  /** What is in the source besides the seed before the connector is registered. */
  readonly rows: { readonly insert: string; readonly values: readonly (readonly string[])[] };
}

/** The bank pipeline of `npm start`, its topic written by a real Debezium. */
export class BankBehindDebezium implements AsyncDisposable {
  readonly debezium: DebeziumUnderTest;
  readonly bank: BankUnderLoad;
  readonly #standalone: StandaloneUnderTest;

  private constructor(
    debezium: DebeziumUnderTest,
    standalone: StandaloneUnderTest,
    bank: BankUnderLoad,
  ) {
    this.debezium = debezium;
    this.bank = bank;
    this.#standalone = standalone;
  }

  static async start({ changes, rows, ...options }: BankOptions): Promise<BankBehindDebezium> {
    const debezium = await DebeziumUnderTest.start(options);
    const { sourceUrl } = debezium;
    const standalone = new StandaloneUnderTest({
      env: { TIDEGATE_CAPTURE: 'off', TIDEGATE_KAFKA_BROKERS: debezium.kafka.brokers },
    });
    try {
      // Ours first: the topic does not exist yet, as when compose starts everything at once.
      await standalone.start();
      const sql = await mysql.createConnection(sourceUrl);
      for (const values of rows.values) await sql.query(rows.insert, [...values]);
      await sql.end();
      await debezium.register({ bank: debezium.deployedConfig(changes) });
      const { warehouseUrl, metadataUrl } = standalone;
      const bank = await BankUnderLoad.open({ sourceUrl, warehouseUrl, metadataUrl }, 7);
      return new BankBehindDebezium(debezium, standalone, bank);
    } catch (error) {
      console.error(standalone.story, debezium.story);
      await standalone[Symbol.asyncDispose]();
      await debezium[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** `scripts/test-etl-pipeline.sh` on this home; answers what it said. */
  async testPipeline(): Promise<string> {
    const { user, password } = BANK.sourceUser;
    const source = Object.assign(new URL(this.debezium.sourceUrl), { username: user, password });
    const env = {
      PATH: process.env['PATH'],
      TIDEGATE_HOME: this.#standalone.home,
      TIDEGATE_CONN_BANKDB: source.href,
      // Each of its steps starts Node anew, which takes its time on a busy machine.
      TIDEGATE_TEST_SECONDS: '90',
    };
    const { stdout } = await run(PIPELINE_TEST, ['local'], { env }).catch((error: unknown) => {
      // Failed or not, what it said is what counts.
      const { stdout = String(error) } = error as { stdout?: string };
      return { stdout };
    });
    return stdout;
  }

  /** How many rows of the warehouse `from` names. */
  async count(from: string): Promise<number> {
    const client = new pg.Client({ connectionString: this.#standalone.warehouseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ rows: number }>(
        `select count(*)::int as rows from ${from}`,
      );
      return rows[0]?.rows ?? 0;
    } finally {
      await client.end();
    }
  }

  /** For the reader of a failed test. */
  get story(): string {
    return `${this.#standalone.story}\n--- connect.log\n${this.debezium.story}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bank[Symbol.asyncDispose]();
    await this.#standalone[Symbol.asyncDispose]();
    await this.debezium[Symbol.asyncDispose]();
  }
}
