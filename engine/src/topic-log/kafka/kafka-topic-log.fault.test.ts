import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type KafkaServer, startKafka } from '../../../../test/services/kafka.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { Appending } from '../contract/appending.ts';
import { valuesOf } from '../contract/producing.ts';
import { sequence } from '../contract/reading.ts';
import {
  createTopic,
  endOf,
  numbered,
  readAll,
  textOf,
  until,
  valuesUpTo,
} from '../contract/topic-log-under-test.ts';
import { openTopicLog } from '../open-topic-log.ts';

/** Cleans eagerly, so that compaction can be waited for. */
const SETTINGS = ['log.cleaner.backoff.ms=200', 'log.cleaner.min.cleanable.ratio=0.001'];

describe('Kafka topic log through broker restarts', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-kafka-'));
  let broker: KafkaServer;
  let log: AdministeredTopicLog;

  beforeAll(async () => {
    broker = await startKafka({ folder, settings: SETTINGS });
    log = await openTopicLog({ kind: 'kafka', brokers: [broker.brokers], connectLimitMs: 60_000 });
  });
  afterAll(async () => {
    await log.close();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function kill(): Promise<void> {
    process.kill(broker.pid, 'SIGKILL');
    await broker.ended;
  }

  async function startAgain(): Promise<void> {
    broker = await startKafka({ folder, ports: broker.ports, settings: SETTINGS });
  }

  it('loses and repeats nothing of a range when the broker restarts in mid-read', async () => {
    const topic = await createTopic(log);
    for (let part = 0; part < 30; part++) await log.produce(topic, numbered(1_000, part * 1_000));
    const told: (string | undefined)[] = [];
    const offsets: number[] = [];
    let restarted: Promise<void> | undefined;
    const range = { from: 5, to: 29_995 };
    const options = { maxBytes: 65_536, onWait: (what: string | undefined) => told.push(what) };
    for await (const batch of log.readRange(topic, 0, range, options)) {
      offsets.push(...batch.map((record) => record.offset));
      if (restarted !== undefined) continue;
      await broker.stop();
      restarted = startAgain();
    }
    await restarted;
    expect(offsets).toEqual(sequence(5, 29_995));
    expect(told[0]).toMatch(/^the topic log to answer/);
    expect(told.at(-1)).toBeUndefined();
  });

  it('stores every append once, in order, when the broker is killed under it', async () => {
    const topic = await createTopic(log);
    const appending = new Appending(50, (records) => log.produce(topic, records));
    for (let round = 0; round < 2; round++) {
      await appending.more(1_000);
      await kill();
      await startAgain();
      await appending.more(0, 60_000);
    }
    await appending.stop();
    const { stored } = appending;
    expect(await valuesOf(log, topic)).toEqual(valuesUpTo(stored));
  });

  it('commits each transaction once, whole, when the broker is killed under it', async () => {
    const [first, second] = [await createTopic(log), await createTopic(log)];
    const producer = await log.openTransactionalProducer('capture');
    const committing = new Appending(5, (records) =>
      producer.produce([first, second].map((topic) => ({ topic, records }))),
    );
    await committing.more(200);
    await kill();
    await startAgain();
    await committing.more(100, 60_000);
    await committing.stop();
    const { stored } = committing;
    await producer.close();
    for (const topic of [first, second]) {
      await until(async () => (await valuesOf(log, topic)).length >= stored, 20_000);
      expect(await valuesOf(log, topic)).toEqual(valuesUpTo(stored));
    }
  });

  it('wakes again after the broker was away', async () => {
    const topic = await createTopic(log);
    let wakes = 0;
    const subscription = log.onRecords(topic, () => wakes++);
    await until(() => wakes > 0);
    await kill();
    await startAgain();
    await log.produce(topic, numbered(1));
    const before = wakes;
    await until(async () => {
      await log.produce(topic, numbered(1));
      return wakes > before;
    }, 30_000);
    const again = wakes;
    await log.produce(topic, numbered(1));
    await until(() => wakes > again);
    await subscription.close();
  });

  it('reads a range over the gaps that compaction left, from every start', async () => {
    const client = await openTopicLog({
      kind: 'kafka',
      brokers: [broker.brokers],
      topicSettings: { 'segment.ms': '200', 'min.cleanable.dirty.ratio': '0.001' },
    });
    const topic = await createTopic(client, 1, true);
    const key = (index: number): Buffer => Buffer.from(`key-${index % 5}`);
    const write = async (from: number, count: number): Promise<void> => {
      for (let index = from; index < from + count; index++) {
        await client.produce(topic, [
          { key: key(index), value: Buffer.from(`${index}`), partition: 0 },
        ]);
      }
    };
    await write(0, 100);
    // A segment is closed by an append after its time, and only closed segments are compacted.
    let end = 100;
    await until(async () => {
      await write(end++, 1);
      return (await readAll(client, topic, { from: 0, to: 100 })).length < 50;
    }, 60_000);
    end = await endOf(client, topic);
    const all = await readAll(client, topic, { from: 0, to: end });
    const offsets = all.map((record) => record.offset);
    expect(offsets.length).toBeLessThan(end);
    for (let from = 0; from < 100; from += 7) {
      for (const to of [from + 1, 100, end]) {
        const read = await readAll(client, topic, { from, to });
        for (const record of read) expect(textOf(record.value)).toBe(String(record.offset));
        // Compaction goes on, so what is read may be less by now, never other or out of bounds.
        expect(offsets.filter((offset) => offset >= from && offset < to)).toEqual(
          expect.arrayContaining(read.map((record) => record.offset)),
        );
      }
    }
    await client.close();
  });
});
