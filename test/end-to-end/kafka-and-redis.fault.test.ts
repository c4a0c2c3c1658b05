import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { type KafkaServer, startKafka } from '../services/kafka.ts';
import { type RedisServer, startRedis } from '../services/redis.ts';
import { describeWith } from '../services/services.ts';
import { armFailpoint } from './armed-failpoint.ts';
import { BankUnderLoad, GOES_ON_WITHIN_MS } from './bank-under-load.ts';
import { holdsPromise } from './promise.ts';
import { StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

describeWith(['mariadb', 'kafka', 'redis'], 'the bank pipeline on Kafka and BullMQ', () => {
  const env: NodeJS.ProcessEnv = {};
  const standalone = new StandaloneUnderTest({ env });
  const folder = (name: string): string => path.join(standalone.scratch, name);
  let kafka: KafkaServer;
  let redis: RedisServer;
  let bank: BankUnderLoad;
  beforeAll(async () => {
    kafka = await startKafka({ folder: folder('kafka') });
    redis = await startRedis({ folder: folder('redis') });
    env['TIDEGATE_KAFKA_BROKERS'] = kafka.brokers;
    env['TIDEGATE_REDIS_URL'] = redis.url;
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 5);
  }, 180_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await Promise.all([kafka.stop(), redis.stop()]);
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it.each([
    'kafka.before-commit',
    'kafka.after-commit',
    'outbox.before-send',
    'outbox.after-send',
  ] as const)('loses and doubles nothing when killed at %s', async (name) => {
    bank.source.startLoad();
    await armFailpoint(standalone.failpoints, name, 'kill').hit();
    await bank.timeToGoOn(name);
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it('offers in time what a worker had taken from BullMQ and not started when it was killed', async () => {
    bank.source.startLoad();
    await holdsPromise('a kill at job.taken', async () => {
      await armFailpoint(standalone.failpoints, 'job.taken', 'kill').hit();
      return bank.timeToGoOn('job.taken');
    });
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'waits for a broker restarted by %s in mid-load, and goes on by itself',
    async (how) => {
      bank.source.startLoad();
      await delay(1_000);
      if (how === 'SIGKILL') process.kill(kafka.pid, 'SIGKILL');
      await kafka.stop();
      kafka = await startKafka({ folder: folder('kafka'), ports: kafka.ports });
      expect(await bank.timeToGoOn(`${how} of the broker`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );

  it('needs nothing Redis knew: it dies in mid-load and comes back empty', async () => {
    bank.source.startLoad();
    await delay(1_000);
    await redis.stop(0);
    redis = await startRedis({ folder: folder('redis'), port: redis.port });
    expect(await bank.timeToGoOn('an emptied Redis')).toBeLessThan(GOES_ON_WITHIN_MS);
    expect(await bank.faultsAtRest()).toEqual([]);
  });
});
