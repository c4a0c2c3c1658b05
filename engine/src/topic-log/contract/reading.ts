/* eslint-disable max-lines-per-function -- a describe block is a list of tests, not a function to follow */
import { describe, expect, it } from 'vitest';

import type { AdministeredTopicLog } from '../administration.ts';
import {
  codeOf,
  createTopic,
  numbered,
  readAll,
  textOf,
  uniqueTopic,
} from './topic-log-under-test.ts';

/** Exact, bounded reads. */
export function describeReading(log: () => AdministeredTopicLog): void {
  describe('reading', () => {
    it('reads exactly the range from every start offset to every end', async () => {
      const topic = await createTopic(log());
      for (let first = 0; first < 20; first += 4) await log().produce(topic, numbered(4, first));
      for (let from = 0; from <= 20; from++) {
        for (const to of [from, Math.min(from + 1, 20), Math.min(from + 7, 20), 20]) {
          const records = await readAll(log(), topic, { from, to });
          expect(records.map((record) => record.offset)).toEqual(sequence(from, to));
          expect(records.map((record) => textOf(record.value))).toEqual(
            sequence(from, to).map((offset) => `value-${offset}`),
          );
        }
      }
    });

    it('reads an empty range as nothing, also at the end and in an empty topic', async () => {
      const topic = await createTopic(log());
      expect(await readAll(log(), topic, { from: 0, to: 0 })).toEqual([]);
      await log().produce(topic, numbered(3));
      expect(await readAll(log(), topic, { from: 1, to: 1 })).toEqual([]);
      expect(await readAll(log(), topic, { from: 3, to: 3 })).toEqual([]);
    });

    it('gives back key, value, time and headers as they were, null and empty kept apart', async () => {
      const topic = await createTopic(log());
      const headers: [string, Buffer][] = [
        ['trace', Buffer.from([0, 255, 1])],
        ['trace', Buffer.from('second of the name')],
        ['ünïcode', Buffer.alloc(0)],
      ];
      const timestamp = Date.now() - 1_000;
      await log().produce(topic, [
        { key: null, value: null, partition: 0, timestamp },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), partition: 0, timestamp: timestamp + 500 },
        {
          key: Buffer.from('k'),
          value: Buffer.from([0, 128, 255]),
          partition: 0,
          timestamp,
          headers,
        },
      ]);
      const [nulls, empties, full] = await readAll(log(), topic, { from: 0, to: 3 });
      expect(nulls).toMatchObject({ key: null, value: null, timestamp, headers: [], partition: 0 });
      expect(empties).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) });
      expect(empties?.timestamp).toBe(timestamp + 500);
      expect(full).toMatchObject({ key: Buffer.from('k'), value: Buffer.from([0, 128, 255]) });
      expect(full?.headers).toEqual(headers);
    });

    it('reads a large range in batches bounded by maxBytes', async () => {
      const topic = await createTopic(log());
      const value = Buffer.alloc(1_000, 'x');
      for (let part = 0; part < 8; part++) {
        const records = numbered(500).map((record) => ({ ...record, value }));
        await log().produce(topic, records);
      }
      const sizes: number[] = [];
      const offsets: number[] = [];
      const range = { from: 10, to: 3_990 };
      for await (const batch of log().readRange(topic, 0, range, { maxBytes: 600_000 })) {
        sizes.push(batch.reduce((sum, record) => sum + (record.value?.length ?? 0), 0));
        offsets.push(...batch.map((record) => record.offset));
      }
      expect(offsets).toEqual(sequence(10, 3_990));
      // One stored batch of at most 900 kB may come on top.
      expect(Math.max(...sizes)).toBeLessThan(1_600_000);
      expect(sizes.length).toBeGreaterThan(2);
    });

    it('reads a range twice with the same result', async () => {
      const topic = await createTopic(log());
      await log().produce(topic, numbered(30));
      const first = await readAll(log(), topic, { from: 5, to: 25 });
      await log().produce(topic, numbered(30, 30));
      expect(await readAll(log(), topic, { from: 5, to: 25 })).toEqual(first);
    });

    it('refuses a range beyond the end before yielding anything', async () => {
      const topic = await createTopic(log());
      await log().produce(topic, numbered(10));
      expect(await codeOf(readAll(log(), topic, { from: 5, to: 11 }))).toBe('RANGE_BEYOND_END');
      expect(await codeOf(readAll(log(), topic, { from: 15, to: 15 }))).toBe('RANGE_BEYOND_END');
    });

    it('names a topic or partition that does not exist', async () => {
      const topic = await createTopic(log());
      const missing = uniqueTopic();
      expect(await codeOf(log().partitions(missing))).toBe('TOPIC_MISSING');
      expect(await codeOf(log().bounds(missing))).toBe('TOPIC_MISSING');
      expect(await codeOf(log().offsetsAt(missing, new Date()))).toBe('TOPIC_MISSING');
      expect(await codeOf(log().isCompacted(missing))).toBe('TOPIC_MISSING');
      expect(await codeOf(readAll(log(), missing, { from: 0, to: 1 }))).toBe('TOPIC_MISSING');
      const elsewhere = { from: 0, to: 1, partition: 7 };
      expect(await codeOf(readAll(log(), topic, elsewhere))).toBe('PARTITION_MISSING');
    });

    it('ends a read when the signal says so', async () => {
      const topic = await createTopic(log());
      await log().produce(topic, numbered(10));
      const options = { signal: AbortSignal.abort() };
      expect(await codeOf(readAll(log(), topic, { from: 0, to: 10, options }))).toBe(
        'READ_ABORTED',
      );
    });

    it('lets a consumer stop in the middle', async () => {
      const topic = await createTopic(log());
      for (let part = 0; part < 5; part++) await log().produce(topic, numbered(200, part * 200));
      for await (const batch of log().readRange(
        topic,
        0,
        { from: 0, to: 1_000 },
        { maxBytes: 1_000 },
      )) {
        expect(batch[0]?.offset).toBe(0);
        break;
      }
      expect(await readAll(log(), topic, { from: 998, to: 1_000 })).toHaveLength(2);
    });
  });
}

export function sequence(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
