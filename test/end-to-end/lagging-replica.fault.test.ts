import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type BankWarehouse, createBankWarehouse } from '../cdc/bank-warehouse.ts';
import { type KafkaServer, startKafka } from '../services/kafka.ts';
import { type RedisServer, startRedis } from '../services/redis.ts';
import { describeWith } from '../services/services.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import { LaggingReplica } from './lagging-replica.ts';
import { holdsPromise } from './promise.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

const LAG_MS = 4_000;
const SERVICES = ['mariadb', 'kafka', 'postgres', 'redis'] as const;

/**
 * The metadata database is replaced by a replica that lacks the last seconds: runs, tries and cursors that were
 * acknowledged never were. Log, warehouse, queue, workers and schedulers have seen them all the same.
 */
describeWith(SERVICES, 'the bank pipeline, its metadata failed over to a replica', () => {
  const env: NodeJS.ProcessEnv = {};
  const standalone = new StandaloneUnderTest({ env });
  const folder = (name: string): string => path.join(standalone.scratch, name);
  let kafka: KafkaServer;
  let redis: RedisServer;
  let warehouse: BankWarehouse;
  let bank: BankUnderLoad;
  beforeAll(async () => {
    kafka = await startKafka({ folder: folder('kafka') });
    redis = await startRedis({ folder: folder('redis') });
    warehouse = await createBankWarehouse();
    env['TIDEGATE_KAFKA_BROKERS'] = kafka.brokers;
    env['TIDEGATE_REDIS_URL'] = redis.url;
    env['TIDEGATE_CONN_BANKDW'] = warehouse.url;
    await standalone.start();
    const { sourceUrl, metadataUrl } = standalone;
    bank = await BankUnderLoad.open({ sourceUrl, metadataUrl, warehouseUrl: warehouse.url }, 6);
  }, 180_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await Promise.all([kafka.stop(), redis.stop()]);
    await standalone[Symbol.asyncDispose]();
    await warehouse[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it('loads again what the replica lacks, doubles nothing, and goes on', async () => {
    bank.source.startLoad();
    await delay(2_000);
    let before: string[] = [];
    await holdsPromise('a failover', async () => {
      const replica = LaggingReplica.copy(standalone);
      await delay(LAG_MS);
      before = await runIds(standalone.metadataUrl);
      await replica.failOver();
      return bank.timeToGoOn('a failover');
    });
    expect(await bank.faultsAtRest()).toEqual([]);
    const after = new Set(await runIds(standalone.metadataUrl));
    expect(before.filter((runId) => !after.has(runId))).not.toEqual([]);
  });
});

async function runIds(metadataUrl: string): Promise<string[]> {
  const client = new pg.Client(metadataUrl);
  await client.connect();
  const { rows } = await client.query<{ run_id: string }>('select run_id from tidegate.dag_run');
  await client.end();
  return rows.map((row) => row.run_id);
}
