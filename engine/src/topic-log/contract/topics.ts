/* eslint-disable max-lines-per-function -- a describe block is a list of tests, not a function to follow */
import { describe, expect, it } from 'vitest';

import type { AdministeredTopicLog } from '../administration.ts';
import { sequence } from './reading.ts';
import { codeOf, createTopic, numbered, readAll, textOf, until } from './topic-log-under-test.ts';

/** Topics, their bounds, retention, identity. */
export function describeTopics(log: () => AdministeredTopicLog): void {
  describe('topics', () => {
    it('creates a topic once and answers the partition count it has', async () => {
      const topic = await createTopic(log(), 3);
      expect(await log().ensureTopic(topic, { partitions: 5 })).toBe(3);
      expect(await log().partitions(topic)).toEqual([0, 1, 2]);
      expect(await log().isCompacted(topic)).toBe(false);
      expect(await log().isCompacted(await createTopic(log(), 1, true))).toBe(true);
    });

    it('finds a partition that was added later, empty', async () => {
      const topic = await createTopic(log(), 1);
      await log().produce(topic, numbered(3));
      await log().addPartitions(topic, 2);
      await until(async () => (await log().partitions(topic)).length === 2);
      await until(async () => (await log().bounds(topic)).size === 2);
      expect((await log().bounds(topic)).get(1)).toEqual({ start: 0, end: 0 });
      await log().produce(topic, [{ key: null, value: Buffer.from('new'), partition: 1 }]);
      const [record] = await readAll(log(), topic, { from: 0, to: 1, partition: 1 });
      expect(textOf(record?.value)).toBe('new');
    });

    it('finds offsets by time', async () => {
      const topic = await createTopic(log(), 2);
      const start = Date.now() - 100_000;
      const records = numbered(10).map((record, index) => ({
        ...record,
        timestamp: start + index * 1_000,
      }));
      await log().produce(topic, records.slice(0, 6));
      await log().produce(topic, records.slice(6));
      const at = async (ms: number): Promise<unknown> =>
        Object.fromEntries(await log().offsetsAt(topic, new Date(ms)));
      expect(await at(start - 50_000)).toEqual({ 0: 0, 1: 0 });
      expect(await at(start + 3_000)).toEqual({ 0: 3, 1: 0 });
      expect(await at(start + 3_001)).toEqual({ 0: 4, 1: 0 });
      expect(await at(start + 6_500)).toEqual({ 0: 7, 1: 0 });
      expect(await at(start + 90_000)).toEqual({ 0: 10, 1: 0 });
    });

    it('says that retention passed a range, and reads what is left', async () => {
      const topic = await createTopic(log());
      await log().produce(topic, numbered(10));
      await log().produce(topic, numbered(10, 10));
      await log().deleteRecordsBefore(topic, new Map([[0, 4]]));
      expect((await log().bounds(topic)).get(0)).toEqual({ start: 4, end: 20 });
      expect(await codeOf(readAll(log(), topic, { from: 0, to: 10 }))).toBe('RANGE_LOST');
      expect(await codeOf(readAll(log(), topic, { from: 3, to: 5 }))).toBe('RANGE_LOST');
      const left = await readAll(log(), topic, { from: 4, to: 20 });
      expect(left.map((record) => record.offset)).toEqual(sequence(4, 20));
      await log().deleteRecordsBefore(topic, new Map([[0, 20]]));
      expect((await log().bounds(topic)).get(0)).toEqual({ start: 20, end: 20 });
      expect(await log().fingerprint(topic, 0, 19)).toBeUndefined();
      await log().produce(topic, numbered(1, 20));
      expect(await readAll(log(), topic, { from: 20, to: 21 })).toHaveLength(1);
    });

    it('never jumps over what retention removes in front of a reader', async () => {
      const topic = await createTopic(log());
      for (let part = 0; part < 10; part++) await log().produce(topic, numbered(200, part * 200));
      const offsets: number[] = [];
      const reading = (async () => {
        const range = { from: 0, to: 2_000 };
        for await (const batch of log().readRange(topic, 0, range, { maxBytes: 1_000 })) {
          offsets.push(...batch.map((record) => record.offset));
          await log().deleteRecordsBefore(topic, new Map([[0, 1_900]]));
        }
      })();
      expect(await codeOf(reading)).toBe('RANGE_LOST');
      expect(offsets).toEqual(sequence(0, offsets.length));
      expect(offsets.length).toBeLessThan(1_900);
    });

    it('notices a topic that was re-created by its fingerprint', async () => {
      const topic = await createTopic(log());
      await log().produce(topic, numbered(5));
      const before = await log().fingerprint(topic, 0, 4);
      expect(before?.offset).toBe(4);
      expect(await log().fingerprint(topic, 0, 4)).toEqual(before);
      await log().deleteTopic(topic);
      await until(async () => (await codeOf(log().partitions(topic))) === 'TOPIC_MISSING');
      await until(
        async () => (await codeOf(log().ensureTopic(topic, { partitions: 1 }))) === undefined,
      );
      await until(async () => (await codeOf(log().produce(topic, numbered(5, 100)))) === undefined);
      const after = await log().fingerprint(topic, 0, 4);
      expect(after?.offset).toBe(4);
      expect(after).not.toEqual(before);
      const [record] = await readAll(log(), topic, { from: 4, to: 5 });
      expect(textOf(record?.value)).toBe('value-104');
    });

    it('looks at bounds and records at once, whatever a batch holds', async () => {
      const topic = await createTopic(log(), 3);
      const wide = Array.from({ length: 40 }, () => ({
        key: null,
        value: Buffer.alloc(1_000, 'x'),
        partition: 1,
      }));
      await log().produce(topic, [...numbered(5), ...wide]);
      await log().produce(topic, numbered(5, 5));
      await log().deleteRecordsBefore(topic, new Map([[0, 2]]));
      const offsets = [7, 30, 0].map((offset, partition): [number, number] => [partition, offset]);
      const look = await log().look(topic, new Map(offsets));
      expect(look.get(0)).toEqual({
        ...{ start: 2, end: 10 },
        fingerprint: await log().fingerprint(topic, 0, 7),
      });
      expect(look.get(0)?.fingerprint?.offset).toBe(7);
      expect(look.get(1)).toMatchObject({ start: 0, end: 40, fingerprint: { offset: 30 } });
      expect(look.get(2)).toEqual({ start: 0, end: 0, fingerprint: undefined });
      expect([...(await log().look(topic, new Map())).values()]).toEqual([
        { start: 2, end: 10 },
        { start: 0, end: 40 },
        { start: 0, end: 0 },
      ]);
    });

    it('looks at records that are gone, and beyond the end', async () => {
      const topic = await createTopic(log(), 2);
      await log().produce(topic, numbered(10));
      await log().deleteRecordsBefore(topic, new Map([[0, 10]]));
      const look = await log().look(
        topic,
        new Map([
          [0, 4],
          [1, 700],
        ]),
      );
      expect(look.get(0)).toEqual({ start: 10, end: 10, fingerprint: undefined });
      expect(look.get(1)).toEqual({ start: 0, end: 0, fingerprint: undefined });
      expect(await codeOf(log().look('never_made', new Map([[0, 1]])))).toBe('TOPIC_MISSING');
    });

    it('keeps at least the newest record of each key of a compacted topic', async () => {
      const topic = await createTopic(log(), 1, true);
      for (let round = 0; round < 12; round++) {
        const records = Array.from({ length: 100 }, (_, index) => ({
          key: Buffer.from(`key-${index % 5}`),
          value: Buffer.from(`${round}-${index}`),
          partition: 0,
        }));
        await log().produce(topic, records);
      }
      const { start, end } = (await log().bounds(topic)).get(0) ?? { start: 0, end: 0 };
      expect(end).toBe(1_200);
      const newest = new Map<string, string>();
      for (const { key, value } of await readAll(log(), topic, { from: start, to: end })) {
        newest.set(textOf(key) ?? '', textOf(value) ?? '');
      }
      expect(Object.fromEntries(newest)).toEqual({
        'key-0': '11-95',
        'key-1': '11-96',
        'key-2': '11-97',
        'key-3': '11-98',
        'key-4': '11-99',
      });
      expect(await codeOf(log().produce(topic, [{ key: null, value: null }]))).toBe('KEY_REQUIRED');
    });

    it('mirrors progress for lag tools', async () => {
      const topic = await createTopic(log(), 2);
      await log().produce(topic, numbered(5));
      const offsets = new Map([
        [0, 3],
        [1, 0],
      ]);
      await log().mirrorOffsets(`${topic}-loader`, topic, offsets);
      await log().mirrorOffsets(`${topic}-loader`, topic, new Map([[0, 5]]));
    });
  });
}
