/**
 * The topic log: an append-only log of records in partitions, read by exact ranges.
 *
 * Two adapters stand behind this port (`kafka/`, `postgres/`) and pass one contract suite. Offsets are
 * plain numbers, guarded as safe integers at the edge.
 */
export interface TopicLog {
  /** Which adapter this is, for messages and metrics. */
  readonly kind: 'kafka' | 'postgres' | 'memory';
  /** Creates the topic unless it exists; answers its partition count. */
  ensureTopic(topic: string, options: EnsureTopicOptions): Promise<number>;
  /** Partition numbers, ascending. Throws `TOPIC_MISSING`. */
  partitions(topic: string): Promise<number[]>;
  /** First readable offset and last stable offset (`end`, exclusive) of every partition. */
  bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>>;
  /** First offset whose record time is at or after `at`; the end where there is none. */
  offsetsAt(topic: string, at: Date): Promise<ReadonlyMap<number, number>>;
  /**
   * Every committed record with `from <= offset < to`, in order, in batches. Gaps in offsets are normal
   * (compaction, transaction markers, aborted records). Verifies `start <= from` and `to <= end` before
   * the first batch: throws `RANGE_LOST` (retention passed it) or `RANGE_BEYOND_END` (topic re-created
   * or truncated). Buffers in a batch are only valid until the next one is asked for: copy what outlives it.
   */
  readRange(
    topic: string,
    partition: number,
    range: OffsetRange,
    options?: ReadOptions,
  ): AsyncIterable<readonly LogRecord[]>;
  /** Appends; resolves when the records are durable. Records without `partition` go by murmur2 of the key. */
  produce(topic: string, records: readonly NewRecord[]): Promise<void>;
  /**
   * A producer that appends to several topics atomically. Opening one under an id fences every older one
   * of that id (its next call throws `PRODUCER_FENCED`) and aborts what it left open.
   */
  openTransactionalProducer(transactionalId: string): Promise<TransactionalProducer>;
  /** Calls `wake` within milliseconds of new records. A wake-up may be spurious or stand for many records. */
  onRecords(topic: string, wake: Wake): Subscription;
  /** Identity of the record at or before `offset`, to notice a topic that was re-created. */
  fingerprint(
    topic: string,
    partition: number,
    offset: number,
  ): Promise<RecordFingerprint | undefined>;
  /**
   * What a plan looks at: the bounds of every partition, and the `fingerprint` at each of these offsets
   * (partition → offset). One request where the log allows it.
   */
  look(
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<ReadonlyMap<number, PartitionLook>>;
  /** True when the topic may drop records by key (`cleanup.policy` contains compact). */
  isCompacted(topic: string): Promise<boolean>;
  /** Shows progress to ordinary lag tools (a Kafka consumer group). Best effort; never read back as truth. */
  mirrorOffsets(group: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void>;
  close(): Promise<void>;
}

export interface EnsureTopicOptions {
  readonly partitions: number;
  /** Keep only the newest record of each key. (Default: false) */
  readonly compacted?: boolean;
}

export interface PartitionBounds {
  readonly start: number;
  /** Exclusive: the last stable offset. */
  readonly end: number;
}

/** `[from, to)`. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

export interface ReadOptions {
  /** Raw bytes of one fetch. (Default: 4 MiB) */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Told when the reader waits for an outage (`what`) and when it goes on (`undefined`). */
  readonly onWait?: (what: string | undefined) => void;
}

export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Record time in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Pairs in order; a name may repeat. */
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

export interface NewRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** (Default: murmur2 of the key, as Java's producer; round robin without a key) */
  readonly partition?: number;
  /** (Default: now) */
  readonly timestamp?: number;
  readonly headers?: readonly (readonly [string, Buffer])[];
}

export interface TransactionalProducer {
  /** One atomic append to all the topics named. Throws `PRODUCER_FENCED`: a newer one took over, exit. */
  produce(batches: readonly TopicBatch[]): Promise<void>;
  close(): Promise<void>;
}

export interface TopicBatch {
  readonly topic: string;
  readonly records: readonly NewRecord[];
}

/**
 * `ends`: the last stable offset of each partition as far as the wake-up itself tells; a hint that saves
 * asking, may be behind and may be left out.
 */
export type Wake = (ends?: ReadonlyMap<number, number>) => void;

export interface Subscription {
  close(): Promise<void>;
}

/** `fingerprint`: where an offset was asked for and a record is at or before it. */
export interface PartitionLook extends PartitionBounds {
  readonly fingerprint?: RecordFingerprint | undefined;
}

export interface RecordFingerprint {
  readonly offset: number;
  readonly timestamp: number;
  /** CRC-32C over key and value. */
  readonly crc: number;
}
