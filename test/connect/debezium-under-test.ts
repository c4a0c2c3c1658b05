import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { type MysqlServer, startMysql } from '../../standalone/src/services/index.ts';
import { setUpBankServer } from '../end-to-end/own-bank-source.ts';
import { type ConnectServer, startConnect } from '../services/connect.ts';
import { type KafkaServer, startKafka } from '../services/kafka.ts';
import { MYSQL } from '../services/mysql.ts';
import type { SourceKind } from '../services/service-addresses.ts';

const DEPLOYED = fileURLToPath(new URL('../../deploy/connect/', import.meta.url));
const run = promisify(execFile);

export type ConnectorConfig = Readonly<Record<string, string>>;

export interface DebeziumOptions {
  /** Which server has the bank. (Default: MariaDB) */
  readonly source?: SourceKind | undefined;
  /** Settings of the Connect worker. */
  readonly worker?: readonly string[] | undefined;
}

/** The bank's database server, a Kafka, and a Connect worker with a real Debezium between them. */
export class DebeziumUnderTest implements AsyncDisposable {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-debezium-'));
  readonly #source: SourceKind;
  readonly #workerSettings: readonly string[];
  mysql!: MysqlServer;
  kafka!: KafkaServer;
  connect!: ConnectServer;

  private constructor({ source = 'mariadb', worker = [] }: DebeziumOptions) {
    this.#source = source;
    this.#workerSettings = worker;
  }

  static async start(options: DebeziumOptions = {}): Promise<DebeziumUnderTest> {
    const debezium = new DebeziumUnderTest(options);
    chmodSync(debezium.#folder, 0o755);
    await Promise.all([debezium.#startSource(), debezium.#startKafka()]);
    await debezium.startConnect();
    return debezium;
  }

  /** As administrator. */
  get sourceUrl(): string {
    return new URL('/bankdb', this.mysql.url).href;
  }

  /** At the same port each time. */
  async startConnect(): Promise<void> {
    this.connect = await startConnect({
      folder: this.#place('connect'),
      brokers: this.kafka.brokers,
      settings: this.#workerSettings,
      ...((this.connect as ConnectServer | undefined) === undefined
        ? {}
        : { port: this.connect.port }),
    });
  }

  /** kill -9 of the worker: what it produced since it last kept its offsets is produced again. */
  async killConnect(): Promise<void> {
    process.kill(this.connect.pid, 'SIGKILL');
    await this.connect.ended;
  }

  /** The connector of `deploy/connect/bank.json`, where these servers are, for the server there is. */
  deployedConfig(changes: ConnectorConfig = {}): ConnectorConfig {
    const deployed = JSON.parse(
      readFileSync(path.join(DEPLOYED, 'bank.json'), 'utf8'),
    ) as ConnectorConfig;
    return {
      ...deployed,
      ...(this.#source === 'mariadb' ? ON_MARIADB : {}),
      'database.hostname': '127.0.0.1',
      'database.port': String(this.mysql.port),
      'schema.history.internal.kafka.bootstrap.servers': this.kafka.brokers,
      ...changes,
    };
  }

  /** As compose registers the connectors of a folder: with the script that is deployed. Answers what it said. */
  async register(
    connectors: Readonly<Record<string, ConnectorConfig>>,
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const folder = mkdtempSync(this.#place('connectors-'));
    copyFileSync(path.join(DEPLOYED, 'register.sh'), path.join(folder, 'register.sh'));
    for (const [name, config] of Object.entries(connectors))
      writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(config));
    const { stdout } = await run('sh', [path.join(folder, 'register.sh')], {
      env: {
        PATH: process.env['PATH'],
        TIDEGATE_CAPTURE: 'off',
        CONNECT_URL: this.connect.url,
        ...env,
      },
    });
    return stdout;
  }

  /** What Connect logged last, for the reader of a failed test. */
  get story(): string {
    return readFileSync(this.#place('connect/connect.log'), 'utf8').slice(-10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.connect as ConnectServer | undefined)?.stop();
    await Promise.all([this.kafka.stop(), this.mysql.stop()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startSource(): Promise<void> {
    this.mysql = await startMysql({
      ...(this.#source === 'mysql' ? MYSQL : {}),
      dataFolder: this.#place('mysql'),
      logFile: this.#place('mysql.log'),
    });
    await setUpBankServer(this.#source, this.mysql.url);
  }

  async #startKafka(): Promise<void> {
    this.kafka = await startKafka({ folder: this.#place('kafka') });
  }

  #place(name: string): string {
    return path.join(this.#folder, name);
  }
}

/** All that changes in a connector where the source is MariaDB. */
const ON_MARIADB: ConnectorConfig = {
  'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector',
};
