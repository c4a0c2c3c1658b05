import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ProxiedKafka, startProxiedKafka } from '../../../../test/services/proxied-kafka.ts';
import { describeWith } from '../../../../test/services/services.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { valuesOf } from '../contract/producing.ts';
import { createTopic, numbered, until, valuesUpTo } from '../contract/topic-log-under-test.ts';
import { openTopicLog } from '../open-topic-log.ts';

describeWith(['kafka'], 'Kafka topic log over connections that die without a word', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-kafka-'));
  let kafka: ProxiedKafka;
  let direct: AdministeredTopicLog;
  let log: AdministeredTopicLog;
  beforeAll(async () => {
    kafka = await startProxiedKafka(folder);
    direct = await openTopicLog({ kind: 'kafka', brokers: [kafka.brokers] });
    log = await openTopicLog({ kind: 'kafka', brokers: [kafka.proxied] });
  }, 90_000);
  afterAll(async () => {
    await Promise.all([log.close(), direct.close()]);
    await kafka.network[Symbol.asyncDispose]();
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Runs `operation` when every open connection has just gone dead, and holds it to 15 s. */
  async function overDeadConnections<T>(operation: () => Promise<T>): Promise<T> {
    kafka.network.abandon();
    const startedAt = performance.now();
    const result = await operation();
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    return result;
  }

  it('looks, appends, commits and reads within seconds, and stores everything once', async () => {
    const topic = await createTopic(log);
    const producer = await log.openTransactionalProducer('half-open');
    await log.produce(topic, numbered(1));
    await producer.produce([{ topic, records: numbered(1, 1) }]);
    await overDeadConnections(() => log.bounds(topic));
    await overDeadConnections(() => log.produce(topic, numbered(10, 2)));
    await overDeadConnections(() => producer.produce([{ topic, records: numbered(10, 12) }]));
    await overDeadConnections(() => log.look(topic, new Map([[0, 1]])));
    const values = valuesUpTo(22);
    expect(await overDeadConnections(() => valuesOf(log, topic))).toEqual(values);
    await producer.close();
  });

  it('wakes for a record that comes when its connection is dead', async () => {
    const topic = await createTopic(log);
    let wakes = 0;
    const subscription = log.onRecords(topic, () => wakes++);
    await until(() => wakes > 0);
    const before = wakes;
    await overDeadConnections(async () => {
      await direct.produce(topic, numbered(1));
      await until(() => wakes > before, 30_000);
    });
    await subscription.close();
  });
});
