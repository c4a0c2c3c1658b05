import { systemClock, type Clock } from '../platform/clock.ts';
import type { AdministeredTopicLog } from './administration.ts';
import { recordCrc } from './crc32c.ts';
import {
  keyRequired,
  logClosed,
  partitionMissing,
  producerFenced,
  topicMissing,
} from './errors.ts';
import { lookOneByOne } from './look-one-by-one.ts';
import { readAborted } from './outage.ts';
import { Partitioner } from './partitioner.ts';
import { checkRange, rangeLost, type RangeOfPartition } from './range-check.ts';
import type {
  EnsureTopicOptions,
  LogRecord,
  NewRecord,
  OffsetRange,
  PartitionBounds,
  PartitionLook,
  ReadOptions,
  RecordFingerprint,
  Subscription,
  TopicBatch,
  TransactionalProducer,
} from './topic-log.ts';
import { WakeRegistry } from './wake-registry.ts';

export interface MemoryTopicLogOptions {
  /** Clients opened on the same store see the same topics. (Default: a store of its own) */
  readonly store?: MemoryTopicStore;
  readonly clock?: Clock;
}

interface MemoryPartition {
  start: number;
  end: number;
  records: LogRecord[];
}

interface MemoryTopic {
  readonly compacted: boolean;
  readonly partitions: MemoryPartition[];
}

/** The topics of one in-memory log. */
export class MemoryTopicStore {
  readonly topics = new Map<string, MemoryTopic>();
  readonly epochs = new Map<string, number>();
  readonly wakes = new WakeRegistry();
}

/** Records of one batch of a memory read. */
const BATCH_RECORDS = 500;

/** A topic log in this process's memory: for `testDag` and quick tests. Nothing survives the process. */
export class MemoryTopicLog implements AdministeredTopicLog {
  readonly kind = 'memory';
  readonly #store: MemoryTopicStore;
  readonly #clock: Clock;
  readonly #partitioner = new Partitioner();

  constructor(options: MemoryTopicLogOptions = {}) {
    this.#store = options.store ?? new MemoryTopicStore();
    this.#clock = options.clock ?? systemClock;
  }

  ensureTopic(topic: string, options: EnsureTopicOptions): Promise<number> {
    const { topics } = this.#store;
    const existing = topics.get(topic);
    if (existing !== undefined) return Promise.resolve(existing.partitions.length);
    const partitions = Array.from({ length: options.partitions }, emptyPartition);
    topics.set(topic, { compacted: options.compacted ?? false, partitions });
    return Promise.resolve(partitions.length);
  }

  async partitions(topic: string): Promise<number[]> {
    return [...(await this.bounds(topic)).keys()];
  }

  bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>> {
    return this.#eachPartition(topic, ({ start, end }) => ({ start, end }));
  }

  offsetsAt(topic: string, at: Date): Promise<ReadonlyMap<number, number>> {
    const atMs = at.getTime();
    return this.#eachPartition(
      topic,
      ({ records, end }) => records.find((record) => record.timestamp >= atMs)?.offset ?? end,
    );
  }

  // eslint-disable-next-line max-params -- the port's signature
  readRange(
    topic: string,
    partition: number,
    range: OffsetRange,
    options: ReadOptions = {},
  ): AsyncIterable<readonly LogRecord[]> {
    return this.#read({ topic, partition, range }, options);
  }

  async produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    await Promise.resolve();
    this.#append([{ topic, records }]);
  }

  openTransactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    const { epochs } = this.#store;
    const epoch = (epochs.get(transactionalId) ?? 0) + 1;
    epochs.set(transactionalId, epoch);
    let closed = false;
    return Promise.resolve({
      produce: async (batches: readonly TopicBatch[]) => {
        await Promise.resolve();
        if (closed) throw logClosed('producer');
        if (epochs.get(transactionalId) !== epoch) throw producerFenced(transactionalId);
        this.#append(batches);
      },
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    });
  }

  onRecords(topic: string, wake: () => void): Subscription {
    const remove = this.#store.wakes.add(topic, wake);
    return {
      close: () => {
        remove();
        return Promise.resolve();
      },
    };
  }

  async fingerprint(
    topic: string,
    partition: number,
    offset: number,
  ): Promise<RecordFingerprint | undefined> {
    await Promise.resolve();
    const { records } = this.#getPartition(topic, partition);
    const record = records.findLast((each) => each.offset <= offset);
    return record && { offset: record.offset, timestamp: record.timestamp, crc: recordCrc(record) };
  }

  look(
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<ReadonlyMap<number, PartitionLook>> {
    return lookOneByOne(this, topic, offsets);
  }

  async isCompacted(topic: string): Promise<boolean> {
    await Promise.resolve();
    return this.#getTopic(topic).compacted;
  }

  mirrorOffsets(): Promise<void> {
    return Promise.resolve();
  }

  async addPartitions(topic: string, partitions: number): Promise<void> {
    await Promise.resolve();
    const existing = this.#getTopic(topic).partitions;
    while (existing.length < partitions) existing.push(emptyPartition());
  }

  async deleteRecordsBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await Promise.resolve();
    for (const [number, offset] of offsets) {
      const partition = this.#getPartition(topic, number);
      partition.start = Math.max(partition.start, Math.min(offset, partition.end));
      partition.records = partition.records.filter((record) => record.offset >= partition.start);
    }
  }

  deleteTopic(topic: string): Promise<void> {
    this.#store.topics.delete(topic);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async *#read(
    asked: RangeOfPartition,
    options: ReadOptions,
  ): AsyncGenerator<readonly LogRecord[]> {
    await Promise.resolve();
    const { topic, partition, range } = asked;
    checkRange(asked, this.#getPartition(topic, partition));
    let position = range.from;
    while (position < range.to) {
      if (options.signal?.aborted === true) throw readAborted();
      const current = this.#getPartition(topic, partition);
      const rest = { from: position, to: range.to };
      if (position < current.start) throw rangeLost({ ...asked, range: rest }, current);
      const batch = takeBatch(current.records, rest, options.maxBytes ?? Infinity);
      const last = batch.at(-1);
      if (last === undefined) return;
      position = last.offset + 1;
      yield batch;
    }
  }

  #append(batches: readonly TopicBatch[]): void {
    const chosen = batches.flatMap(({ topic, records }) => this.#place(topic, records));
    for (const { partition, record } of chosen) {
      partition.records.push({ ...record, offset: partition.end });
      partition.end += 1;
    }
    for (const { topic } of batches) {
      compact(this.#getTopic(topic));
      // A wake-up never runs inside the producer's call, as with a log in another process.
      queueMicrotask(() => this.#store.wakes.wake(topic));
    }
  }

  /** Finds every record's partition before anything is stored: an append is all or nothing. */
  #place(topic: string, records: readonly NewRecord[]): Placed[] {
    const { partitions, compacted } = this.#getTopic(topic);
    return records.map((record) => {
      if (compacted && record.key === null) throw keyRequired(topic);
      const number = record.partition ?? this.#partitioner.choose(record.key, partitions.length);
      return {
        partition: this.#getPartition(topic, number),
        record: toLogRecord(record, number, record.timestamp ?? this.#clock.now()),
      };
    });
  }

  #getTopic(topic: string): MemoryTopic {
    const found = this.#store.topics.get(topic);
    if (found === undefined) throw topicMissing(topic);
    return found;
  }

  #getPartition(topic: string, partition: number): MemoryPartition {
    const found = this.#getTopic(topic).partitions[partition];
    if (found === undefined) throw partitionMissing(topic, partition);
    return found;
  }

  async #eachPartition<T>(
    topic: string,
    describe: (partition: MemoryPartition) => T,
  ): Promise<ReadonlyMap<number, T>> {
    await Promise.resolve();
    return new Map(
      this.#getTopic(topic).partitions.map((partition, number) => [number, describe(partition)]),
    );
  }
}

interface Placed {
  readonly partition: MemoryPartition;
  readonly record: Omit<LogRecord, 'offset'>;
}

function emptyPartition(): MemoryPartition {
  return { start: 0, end: 0, records: [] };
}

/** Buffers are copied: the producer may reuse its own. */
function toLogRecord(
  record: NewRecord,
  partition: number,
  timestamp: number,
): Omit<LogRecord, 'offset'> {
  return {
    partition,
    key: record.key && Buffer.from(record.key),
    value: record.value && Buffer.from(record.value),
    timestamp,
    headers: (record.headers ?? []).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
}

function takeBatch(
  records: readonly LogRecord[],
  range: OffsetRange,
  maxBytes: number,
): LogRecord[] {
  const first = records.findIndex((record) => record.offset >= range.from);
  const batch: LogRecord[] = [];
  if (first < 0) return batch;
  let bytes = 0;
  for (const record of records.slice(first, first + BATCH_RECORDS)) {
    if (record.offset >= range.to || (batch.length > 0 && bytes >= maxBytes)) break;
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    batch.push(record);
  }
  return batch;
}

/** Keeps the newest record of each key of a compacted topic. */
function compact({ compacted, partitions }: MemoryTopic): void {
  if (!compacted) return;
  for (const partition of partitions) {
    const newest = new Map(partition.records.map((each) => [each.key?.toString('latin1'), each]));
    partition.records = [...newest.values()].sort((left, right) => left.offset - right.offset);
  }
}
