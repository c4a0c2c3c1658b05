import kafkajs, { type Producer, type Transaction } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { describeWith, serviceAddress } from '../../../../test/services/services.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { sequence } from '../contract/reading.ts';
import {
  codeOf,
  createTopic,
  endOf,
  numbered,
  readAll,
  textOf,
  until,
} from '../contract/topic-log-under-test.ts';
import { openTopicLog } from '../open-topic-log.ts';

/** A data key that looks like an abort marker's: two int16 of zero. */
const MARKER_LIKE_KEY = Buffer.alloc(4);

describeWith(['kafka'], 'committed reads from Kafka', () => {
  const producers: Producer[] = [];
  let log: AdministeredTopicLog;
  let kafka: InstanceType<typeof kafkajs.Kafka>;

  beforeAll(async () => {
    const brokers = serviceAddress('kafka').split(',');
    log = await openTopicLog({ kind: 'kafka', brokers, patienceMs: 300 });
    kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  });
  afterAll(async () => {
    for (const producer of producers) await producer.disconnect();
    await log.close();
  });

  /** Another program's transactional producer: kafkajs' own. */
  async function openProducer(id: string): Promise<Producer> {
    const producer = kafka.producer({
      transactionalId: id,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 5, retries: 50 },
    });
    producers.push(producer);
    await producer.connect();
    return producer;
  }

  async function send(
    transaction: Pick<Transaction, 'send'>,
    topic: string,
    value: string,
  ): Promise<void> {
    const key = value === 'B6' ? MARKER_LIKE_KEY : Buffer.from('key');
    await transaction.send({ topic, messages: [{ key, value, partition: 0 }] });
  }

  it('hides interleaved aborted transactions at every start offset', async () => {
    const topic = await createTopic(log);
    const open = async (name: string): Promise<Transaction> =>
      (await openProducer(`${topic}-${name}`)).transaction();
    const [a, b, c] = [await open('a'), await open('b'), await open('c')];
    for (const value of ['A0', 'B1', 'C2', 'A3', 'B4', 'C5', 'B6', 'B7']) {
      const owner = value.startsWith('A') ? a : value.startsWith('B') ? b : c;
      await send(owner, topic, value);
    }
    await a.abort();
    await b.abort();
    await c.commit();
    await until(async () => (await endOf(log, topic)) === 11);
    await log.produce(topic, [{ key: null, value: Buffer.from('D11'), partition: 0 }]);

    const committed = [
      [2, 'C2'],
      [5, 'C5'],
      [11, 'D11'],
    ] as const;
    for (let from = 0; from <= 12; from++) {
      for (const to of [from, Math.min(from + 3, 12), 12]) {
        const records = await readAll(log, topic, { from, to });
        expect(records.map((record) => [record.offset, textOf(record.value)])).toEqual(
          committed.filter(([offset]) => offset >= from && offset < to),
        );
      }
    }
  });

  it('tells a producer that aborts, commits, aborts and commits apart', async () => {
    const topic = await createTopic(log);
    const producer = await openProducer(`${topic}-one`);
    for (const [index, end] of (['abort', 'commit', 'abort', 'commit'] as const).entries()) {
      const transaction = await producer.transaction();
      await send(transaction, topic, `${index}-first`);
      await send(transaction, topic, `${index}-second`);
      await transaction[end]();
    }
    await until(async () => (await endOf(log, topic)) === 12);
    for (let from = 0; from <= 12; from++) {
      const offsets = (await readAll(log, topic, { from, to: 12 })).map((record) => record.offset);
      expect(offsets).toEqual([3, 4, 9, 10].filter((offset) => offset >= from));
    }
  });

  it('hides an aborted transaction that is larger than a fetch', async () => {
    const topic = await createTopic(log);
    const producer = await openProducer(`${topic}-one`);
    await log.produce(topic, numbered(1));
    const transaction = await producer.transaction();
    for (let batch = 0; batch < 30; batch++) {
      const messages = sequence(0, 20).map(() => ({ value: Buffer.alloc(1_000), partition: 0 }));
      await transaction.send({ topic, messages });
    }
    await transaction.abort();
    await until(async () => (await endOf(log, topic)) === 602);
    await log.produce(topic, numbered(1, 602));
    const options = { maxBytes: 65_536 };
    for (const from of [0, 1, 300, 600, 601, 602]) {
      const records = await readAll(log, topic, { from, to: 603, options });
      expect(records.map((record) => record.offset)).toEqual(from === 0 ? [0, 602] : [602]);
    }
    // The newest record at or before an offset inside the aborted part lies far back.
    expect((await log.fingerprint(topic, 0, 601))?.offset).toBe(0);
  });

  it('ends before a transaction that is still open', async () => {
    const topic = await createTopic(log);
    const producer = await openProducer(`${topic}-one`);
    await log.produce(topic, numbered(2));
    const transaction = await producer.transaction();
    await send(transaction, topic, 'open');
    await log.produce(topic, numbered(1, 3));
    expect(await endOf(log, topic)).toBe(2);
    expect(await codeOf(readAll(log, topic, { from: 0, to: 3 }))).toBe('RANGE_BEYOND_END');
    await transaction.commit();
    await until(async () => (await endOf(log, topic)) === 5);
    const values = (await readAll(log, topic, { from: 0, to: 5 })).map(({ value }) =>
      textOf(value),
    );
    expect(values).toEqual(['value-0', 'value-1', 'open', 'value-3']);
  });

  describe('compressed batches', () => {
    // The broker compresses what it is sent, with Java's implementations of the codecs.
    it.each(['gzip', 'snappy', 'lz4', 'zstd'])('reads %s', async (codec) => {
      const client = await openTopicLog({
        kind: 'kafka',
        brokers: serviceAddress('kafka').split(','),
        topicSettings: { 'compression.type': codec },
      });
      try {
        const topic = await createTopic(client);
        const records = numbered(2_000).map((record, index) => ({
          ...record,
          value: Buffer.from(`${JSON.stringify({ index, text: 'abc '.repeat(index % 60) })}\n`),
          headers: [['n', Buffer.from([index % 256])]] as const,
        }));
        await client.produce(topic, records);
        const read = await readAll(client, topic, { from: 3, to: 2_000 });
        expect(read.map(({ value, headers }) => [textOf(value), headers])).toEqual(
          records.slice(3).map(({ value, headers }) => [textOf(value), headers]),
        );
      } finally {
        await client.close();
      }
    });
  });

  it('says that a record is larger than the topic accepts, and stores those around it', async () => {
    const client = await openTopicLog({
      kind: 'kafka',
      brokers: serviceAddress('kafka').split(','),
      topicSettings: { 'max.message.bytes': '20000' },
    });
    try {
      const topic = await createTopic(client);
      // A chunk of 100 kB is refused, and halved until it fits.
      const records = numbered(100).map((record) => ({ ...record, value: Buffer.alloc(1_000) }));
      await client.produce(topic, records);
      expect(await endOf(client, topic)).toBe(100);
      const large = [{ key: null, value: Buffer.alloc(30_000), partition: 0 }];
      expect(await codeOf(client.produce(topic, large))).toBe('RECORD_TOO_LARGE');
      await client.produce(topic, numbered(1));
      const read = await readAll(client, topic, { from: 0, to: 101 });
      expect(read.map((record) => textOf(record.key))).toEqual([
        ...sequence(0, 100).map((index) => `key-${index}`),
        'key-0',
      ]);
    } finally {
      await client.close();
    }
  });

  it('aborts a transaction whose records are refused, and goes on', async () => {
    const topic = await createTopic(log);
    const state = await createTopic(log, 1, true);
    const producer = await log.openTransactionalProducer(`${topic}-tx`);
    const refused = producer.produce([
      { topic, records: numbered(3) },
      { topic: state, records: [{ key: null, value: Buffer.from('no key') }] },
    ]);
    expect(await codeOf(refused)).toBe('KEY_REQUIRED');
    await producer.produce([{ topic, records: numbered(1, 7) }]);
    await producer.close();
    let end = 0;
    await until(async () => {
      end = await endOf(log, topic);
      return (await readAll(log, topic, { from: 0, to: end })).length === 1;
    });
    const [record] = await readAll(log, topic, { from: 0, to: end });
    expect(textOf(record?.value)).toBe('value-7');
  });

  it('says with a wake-up how far the log is readable, never further', async () => {
    const topic = await createTopic(log);
    let told = 0;
    let furthest = 0;
    const subscription = log.onRecords(topic, (ends) => {
      told = ends?.get(0) ?? told;
      furthest = Math.max(furthest, told);
    });
    const producer = await openProducer(`${topic}-told`);
    const transaction = await producer.transaction();
    await send(transaction, topic, 'open');
    await log.produce(topic, numbered(2));
    expect(furthest).toBe(0);
    await transaction.commit();
    // Three records and the marker of the transaction.
    await until(() => told === 4);
    expect(await endOf(log, topic)).toBe(4);
    expect(furthest).toBe(4);
    await subscription.close();
  });

  it('shows mirrored offsets in a consumer group', async () => {
    const topic = await createTopic(log, 2);
    const groupId = `${topic}-loader`;
    await log.mirrorOffsets(
      groupId,
      topic,
      new Map([
        [0, 17],
        [1, 4],
      ]),
    );
    const admin = kafka.admin();
    await admin.connect();
    try {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const offsets = committed?.partitions.map(({ partition, offset }) => [partition, offset]);
      expect(offsets?.sort()).toEqual([
        [0, '17'],
        [1, '4'],
      ]);
    } finally {
      await admin.disconnect();
    }
  });

  it('refuses a broker that is not there within the time limit, by name', async () => {
    const config = { kind: 'kafka', brokers: ['127.0.0.1:1'], connectLimitMs: 500 } as const;
    expect(await codeOf(openTopicLog(config))).toBe('LOG_UNAVAILABLE');
  });
});
