/* eslint-disable max-lines-per-function -- a describe block is a list of tests, not a function to follow */
import { describe, expect, it } from 'vitest';

import type { AdministeredTopicLog } from '../administration.ts';
import { murmur2 } from '../partitioner.ts';
import type { NewRecord } from '../topic-log.ts';
import { sequence } from './reading.ts';
import {
  codeOf,
  createTopic,
  endOf,
  numbered,
  readAll,
  textOf,
  until,
  valuesUpTo,
} from './topic-log-under-test.ts';

/** Appends, plain and transactional. */
export function describeProducing(
  log: () => AdministeredTopicLog,
  other: () => AdministeredTopicLog,
): void {
  describe('producing', () => {
    it('puts a key where Java puts it, and a chosen partition where it was chosen', async () => {
      const topic = await createTopic(log(), 4);
      const keys = sequence(0, 40).map((index) => Buffer.from(`key-${index}`));
      await log().produce(
        topic,
        keys.map((key) => ({ key, value: null })),
      );
      await log().produce(topic, [
        { key: keys[0] ?? null, value: Buffer.from('chosen'), partition: 3 },
      ]);
      const found: string[] = [];
      for (const partition of await log().partitions(topic)) {
        const to = await endOf(log(), topic, partition);
        for (const record of await readAll(log(), topic, { from: 0, to, partition })) {
          if (record.value !== null) expect(partition).toBe(3);
          else {
            expect(partition).toBe((murmur2(record.key ?? Buffer.alloc(0)) & 0x7fffffff) % 4);
            found.push(textOf(record.key) ?? '');
          }
        }
      }
      expect(found.sort()).toEqual(keys.map(String).sort());
    });

    it('spreads records without a key over the partitions', async () => {
      const topic = await createTopic(log(), 3);
      await log().produce(
        topic,
        sequence(0, 9).map(() => ({ key: null, value: Buffer.from('x') })),
      );
      const ends = [...(await log().bounds(topic)).values()].map((bounds) => bounds.end);
      expect(ends).toEqual([3, 3, 3]);
    });

    it('stores thousands of records of one call in order', async () => {
      const topic = await createTopic(log());
      await log().produce(topic, numbered(5_000));
      const records = await readAll(log(), topic, { from: 0, to: 5_000 });
      expect(records.map((record) => textOf(record.value))).toEqual(valuesUpTo(5_000));
    });

    it('keeps every record of two producers that write at once, each in its order', async () => {
      const topic = await createTopic(log(), 2);
      const write = async (client: AdministeredTopicLog, name: string): Promise<void> => {
        for (let round = 0; round < 40; round++) {
          const records: NewRecord[] = [0, 1].map((partition) => ({
            key: Buffer.from(name),
            value: Buffer.from(String(round)),
            partition,
          }));
          await client.produce(topic, round % 2 === 0 ? records : records.reverse());
        }
      };
      await Promise.all([write(log(), 'one'), write(other(), 'two')]);
      for (const partition of [0, 1]) {
        const to = await endOf(log(), topic, partition);
        const records = await readAll(log(), topic, { from: 0, to, partition });
        expect(records.map((record) => record.offset)).toEqual(sequence(0, 80));
        for (const name of ['one', 'two']) {
          const own = records.filter((record) => textOf(record.key) === name);
          expect(own.map((record) => Number(textOf(record.value)))).toEqual(sequence(0, 40));
        }
      }
    });

    it('appends to several topics in one transaction', async () => {
      const [events, state] = [await createTopic(log(), 2), await createTopic(log(), 1, true)];
      const producer = await log().openTransactionalProducer(`${events}-tx`);
      for (let round = 0; round < 5; round++) {
        await producer.produce([
          { topic: events, records: numbered(3, round * 3) },
          {
            topic: state,
            records: [{ key: Buffer.from('state'), value: Buffer.from(`${round}`) }],
          },
        ]);
      }
      await producer.close();
      // Markers follow the commit; the end moves past them when they are written.
      await until(async () => (await valuesOf(log(), events)).length === 15);
      await until(async () => (await valuesOf(log(), state)).includes('4'));
      expect(await valuesOf(log(), events)).toEqual(valuesUpTo(15));
      expect((await valuesOf(log(), state)).at(-1)).toBe('4');
    });

    it('fences the older producer of an id: nothing of it is stored from then on', async () => {
      const topic = await createTopic(log());
      const older = await log().openTransactionalProducer(`${topic}-tx`);
      await older.produce([{ topic, records: numbered(2) }]);
      const newer = await other().openTransactionalProducer(`${topic}-tx`);
      const late = older.produce([{ topic, records: numbered(2, 50) }]);
      expect(await codeOf(late)).toBe('PRODUCER_FENCED');
      const again = older.produce([{ topic, records: numbered(2, 60) }]);
      expect(await codeOf(again)).toBe('PRODUCER_FENCED');
      await newer.produce([{ topic, records: numbered(2, 2) }]);
      await until(async () => (await valuesOf(log(), topic)).length === 4);
      expect(await valuesOf(log(), topic)).toEqual(['value-0', 'value-1', 'value-2', 'value-3']);
      await older.close();
      await newer.close();
    });

    it('refuses calls to a closed producer', async () => {
      const topic = await createTopic(log());
      const producer = await log().openTransactionalProducer(`${topic}-tx`);
      await producer.close();
      expect(await codeOf(producer.produce([{ topic, records: numbered(1) }]))).toBe('LOG_CLOSED');
    });

    it('names a topic that does not exist', async () => {
      const produced = log().produce(`missing-${Date.now()}`, numbered(1));
      expect(await codeOf(produced)).toBe('TOPIC_MISSING');
    });
  });
}

/** All committed values of partition 0. */
export async function valuesOf(log: AdministeredTopicLog, topic: string): Promise<string[]> {
  const { start, end } = (await log.bounds(topic)).get(0) ?? { start: 0, end: 0 };
  const records = await readAll(log, topic, { from: start, to: end });
  return records.map((record) => textOf(record.value) ?? '');
}
