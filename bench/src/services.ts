import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { type ServerProcess, startMysql, startPostgres } from '@tidegate/standalone/services';

import { startKafka } from '../../test/services/kafka.ts';
import { startRedis } from '../../test/services/redis.ts';
import type { BenchServices } from './workload.ts';

/** Servers for one call of the bench, each started when it is first asked for. */
export class OwnServices implements BenchServices {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bench-'));
  readonly #running: ServerProcess[] = [];
  readonly #addresses = new Map<string, Promise<string>>();

  constructor() {
    chmodSync(this.#folder, 0o755);
  }

  /** PostgreSQL with its default settings, but for the number of connections. */
  postgresUrl(): Promise<string> {
    return this.#once('postgres', async (folder) => {
      const server = await startPostgres({
        dataFolder: path.join(folder, 'data'),
        logFile: path.join(folder, 'postgres.log'),
        binaries: 'installed-first',
        settings: ['max_connections=200'],
      });
      return [server.url, server];
    });
  }

  mysqlUrl(): Promise<string> {
    return this.#once('mysql', async (folder) => {
      const server = await startMysql({
        dataFolder: path.join(folder, 'data'),
        logFile: path.join(folder, 'mysql.log'),
      });
      return [server.url, server];
    });
  }

  kafkaBrokers(): Promise<string> {
    return this.#once('kafka', async (folder) => {
      const server = await startKafka({ folder });
      return [server.brokers, server];
    });
  }

  redisUrl(): Promise<string> {
    return this.#once('redis', async (folder) => {
      const server = await startRedis({ folder });
      return [server.url, server];
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((server) => server.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #once(
    kind: string,
    start: (folder: string) => Promise<[address: string, server: ServerProcess]>,
  ): Promise<string> {
    const known = this.#addresses.get(kind);
    if (known !== undefined) return known;
    const starting = start(path.join(this.#folder, kind)).then(([address, server]) => {
      this.#running.push(server);
      return address;
    });
    this.#addresses.set(kind, starting);
    return starting;
  }
}
