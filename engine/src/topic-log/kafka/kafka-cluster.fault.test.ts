import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { KafkaCluster } from '../../../../test/services/kafka-cluster.ts';
import { describeWith } from '../../../../test/services/services.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { Appending } from '../contract/appending.ts';
import { valuesOf } from '../contract/producing.ts';
import { sequence } from '../contract/reading.ts';
import { createTopic, numbered, until, valuesUpTo } from '../contract/topic-log-under-test.ts';
import { openTopicLog } from '../open-topic-log.ts';

const GOES_ON_WITHIN_MS = 60_000;

describeWith(['kafka'], 'Kafka topic log on three brokers', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-kafka-'));
  let cluster: KafkaCluster;
  let log: AdministeredTopicLog;
  beforeAll(async () => {
    cluster = await KafkaCluster.start(folder);
    const { brokers } = cluster;
    log = await openTopicLog({ kind: 'kafka', brokers, connectLimitMs: 60_000 });
  }, 120_000);
  afterAll(async () => {
    await log.close();
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('stores every append and every transaction once, in order, while each broker is killed in turn', async () => {
    const [plain, first, second] = [
      await createTopic(log),
      await createTopic(log),
      await createTopic(log),
    ];
    const producer = await log.openTransactionalProducer('capture');
    const appending = new Appending(20, (records) => log.produce(plain, records));
    const committing = new Appending(5, (records) =>
      producer.produce([first, second].map((topic) => ({ topic, records }))),
    );
    const moreOfBoth = (): Promise<unknown> =>
      Promise.all([appending.more(200, GOES_ON_WITHIN_MS), committing.more(50, GOES_ON_WITHIN_MS)]);
    for (let node = 0; node < cluster.size; node += 1) {
      await moreOfBoth();
      await cluster.killNode(node);
      // On the two that are left, whichever of them leads now.
      await moreOfBoth();
      await cluster.startNode(node);
    }
    await Promise.all([appending.stop(), committing.stop()]);
    await producer.close();
    expect(await valuesOf(log, plain)).toEqual(valuesUpTo(appending.stored));
    for (const topic of [first, second]) {
      await until(async () => (await valuesOf(log, topic)).length >= committing.stored, 20_000);
      expect(await valuesOf(log, topic)).toEqual(valuesUpTo(committing.stored));
    }
  }, 300_000);

  it('reads every partition to its end when a broker dies in mid-read, and wakes without it', async () => {
    // Of three partitions each broker leads one.
    const topic = await createTopic(log, 3);
    const records = numbered(6_000).map((record, index) => ({ ...record, partition: index % 3 }));
    await log.produce(topic, records);
    let killed: Promise<void> | undefined;
    const read = async (partition: number): Promise<number[]> => {
      const offsets: number[] = [];
      const range = { from: 0, to: 2_000 };
      for await (const batch of log.readRange(topic, partition, range, { maxBytes: 4_096 })) {
        await (killed ??= cluster.killNode(0));
        offsets.push(...batch.map((record) => record.offset));
      }
      return offsets;
    };
    for (const offsets of await Promise.all([0, 1, 2].map(read)))
      expect(offsets).toEqual(sequence(0, 2_000));

    let wakes = 0;
    const subscription = log.onRecords(topic, () => wakes++);
    await until(() => wakes > 0, GOES_ON_WITHIN_MS);
    for (const partition of [0, 1, 2]) {
      const before = wakes;
      await until(async () => {
        await log.produce(topic, [{ key: null, value: Buffer.from('late'), partition }]);
        return wakes > before;
      }, GOES_ON_WITHIN_MS);
    }
    await subscription.close();
    await cluster.startNode(0);
  }, 180_000);

  it('makes a topic as soon as there are brokers enough for it again', async () => {
    await cluster.killNode(2);
    const making = createTopic(log);
    making.catch(() => undefined);
    await cluster.startNode(2);
    await log.produce(await making, numbered(1));
  }, 120_000);
});
