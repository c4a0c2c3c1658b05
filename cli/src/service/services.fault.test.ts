import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { findFreePort } from '../../../standalone/src/services/index.ts';
import { BankUnderLoad } from '../../../test/end-to-end/bank-under-load.ts';
import { until } from '../../../test/end-to-end/until.ts';
import { startKafka } from '../../../test/services/kafka.ts';
import { startRedis } from '../../../test/services/redis.ts';
import {
  createMysqlDatabase,
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import { runTidegate } from '../../../test/cli/run-tidegate.ts';
import { ServiceUnderTest } from '../../../test/cli/service-under-test.ts';

const SQL = fileURLToPath(new URL('../../../sql/', import.meta.url));

describeWith(
  ['postgres', 'mariadb', 'kafka', 'redis'],
  'every service a process of its own',
  () => {
    const scratch = mkdtempSync(path.join(os.tmpdir(), 'tidegate-services-'));
    const env: NodeJS.ProcessEnv = {
      TIDEGATE_SECRET_KEYS: 'a-key-of-this-test-alone',
      TIDEGATE_WORKER_TOKEN: 'a-token-of-this-test-alone',
    };
    /** Disposed from the last to the first. */
    const opened: AsyncDisposable[] = [];
    const service = (name: string, args: readonly string[] = [name]): ServiceUnderTest =>
      new ServiceUnderTest(args, { home: path.join(scratch, name), env });
    const services = {
      scheduler: service('scheduler'),
      api: service('api'),
      processor: service('dag-processor'),
      capture: service('capture'),
      first: service('worker-1', ['worker']),
      second: service('worker-2', ['worker']),
    };
    let bank: BankUnderLoad;

    beforeAll(async () => {
      const kafka = await startKafka({ folder: path.join(scratch, 'kafka') });
      const redis = await startRedis({ folder: path.join(scratch, 'redis') });
      for (const server of [kafka, redis])
        opened.push({ [Symbol.asyncDispose]: () => server.stop() });
      const [metadata, warehouse, source] = await Promise.all([
        createPostgresDatabase('services'),
        createPostgresDatabase('services_dw'),
        createMysqlDatabase('services'),
      ]);
      opened.push(metadata, warehouse, source, ...Object.values(services));
      await createTables(warehouse.url, source);
      const executionPort = await findFreePort();
      Object.assign(env, {
        TIDEGATE_DATABASE_URL: metadata.url,
        TIDEGATE_KAFKA_BROKERS: kafka.brokers,
        TIDEGATE_REDIS_URL: redis.url,
        TIDEGATE_CONN_BANKDB: source.url,
        TIDEGATE_CONN_BANKDW: warehouse.url,
        TIDEGATE_EXECUTION_PORT: String(executionPort),
        TIDEGATE_EXECUTION_URL: `http://127.0.0.1:${executionPort}`,
        TIDEGATE_PORT: String(await findFreePort()),
      });
      expect((await runTidegate(['db', 'check'], env)).err).toContain('tidegate db migrate');
      expect((await runTidegate(['db', 'migrate'], env)).code).toBe(0);
      expect((await runTidegate(['db', 'check'], env)).code).toBe(0);
      await Promise.all(Object.values(services).map((one) => one.start()));
      bank = await BankUnderLoad.open(
        { sourceUrl: source.url, warehouseUrl: warehouse.url, metadataUrl: metadata.url },
        7,
      );
      opened.push(bank);
    }, 240_000);
    afterAll(async () => {
      for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
      rmSync(scratch, { recursive: true, force: true });
    }, 90_000);
    afterEach(({ task }) => {
      if (task.result?.state !== 'fail') return;
      for (const one of Object.values(services)) console.error(one.home, one.output.slice(-4_000));
    });

    /** How many workers ran a task so far. */
    const workersThatRan = async (): Promise<number> => {
      const client = new pg.Client({ connectionString: env['TIDEGATE_DATABASE_URL'] });
      await client.connect();
      const { rows } = await client.query<{ count: string }>(
        'select count(distinct session_key) as count from tidegate.task_try',
      );
      await client.end();
      return Number(rows[0]?.count);
    };

    it('runs the bank pipeline exactly, on two workers of the BullMQ lane', async () => {
      bank.source.startLoad();
      await until(
        'both workers to have run tasks',
        async () => ((await workersThatRan()) === 2 ? true : undefined),
        60_000,
      );
      expect(await bank.faultsAtRest(60_000)).toEqual([]);
    });

    it('loses and doubles nothing when one of the workers is killed in mid-load', async () => {
      bank.source.startLoad();
      await bank.timeToGoOn('the load');
      await services.first.kill('SIGKILL');
      await bank.timeToGoOn('kill -9 of one of two workers');
      await services.first.start();
      expect(await bank.faultsAtRest(60_000)).toEqual([]);
    });

    it('tells of each that it is well, and lets the CLI of the API’s home in', async () => {
      for (const [name, one] of [
        ['scheduler', services.scheduler],
        ['worker', services.second],
        ['capture', services.capture],
      ] as const) {
        const { code, err } = await runTidegate(['health', name], { TIDEGATE_HOME: one.home });
        expect([code, err]).toEqual([0, `the ${name} is well\n`]);
      }
      const listed = await runTidegate(['dags', 'list', '-o', 'json'], {
        TIDEGATE_HOME: services.api.home,
      });
      expect(JSON.parse(listed.out)).toMatchObject([{ dag_id: 'bank_accounts' }]);
    });

    it('refuses a second service in the same home by name', async () => {
      const second = await runTidegate(['worker'], { ...env, TIDEGATE_HOME: services.second.home });
      expect(second.code).toBe(1);
      expect(second.err).toContain('TIDEGATE_HOME');
    });

    it('stops each with code 0 when asked to', async () => {
      const { scheduler, ...others } = services;
      for (const one of [...Object.values(others), scheduler]) {
        expect([one.home, await one.kill('SIGTERM')]).toEqual([one.home, 0]);
      }
      const health = await runTidegate(['health', 'worker'], {
        TIDEGATE_HOME: services.second.home,
      });
      expect(health.code).toBe(1);
    });

    it('names every missing variable at once, and ends with code 1', async () => {
      const { code, err } = await runTidegate(['scheduler'], {
        TIDEGATE_HOME: path.join(scratch, 'faulty'),
        TIDEGATE_SECRET_KEYS: 'short',
        TIDEGATE_EXECUTION_PORT: 'eighty',
      });
      expect(code).toBe(1);
      for (const name of [
        'DATABASE_URL',
        'KAFKA_BROKERS',
        'WORKER_TOKEN',
        'SECRET_KEYS',
        'EXECUTION_PORT',
      ])
        expect(err).toContain(`TIDEGATE_${name}`);
      expect(err).not.toMatch(/\n\s+at /);
    });
  },
);

/** The seeds' tables, in databases of this test's own. */
async function createTables(warehouseUrl: string, source: TestDatabase): Promise<void> {
  const warehouse = new pg.Client({ connectionString: warehouseUrl });
  await warehouse.connect();
  await warehouse.query(readFileSync(path.join(SQL, 'warehouse/bankdw.sql'), 'utf8'));
  await warehouse.end();
  const connection = await mysql.createConnection({ uri: source.url, multipleStatements: true });
  const statements = readFileSync(path.join(SQL, 'source/bankdb.sql'), 'utf8');
  await connection.query(statements.replaceAll('bankdb', source.name));
  await connection.end();
}
