import pg from 'pg';

import { systemClock, type Clock } from '../../platform/clock.ts';
import { toError } from '../../platform/errors.ts';
import { silentLogger, type Logger } from '../../platform/log.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { recordCrc } from '../crc32c.ts';
import { logClosed, producerFenced } from '../errors.ts';
import { lookOneByOne } from '../look-one-by-one.ts';
import { decodeRecords, parseRecordBatch } from '../record-batch/decode-record-batch.ts';
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
} from '../topic-log.ts';
import { PostgresAppender } from './appender.ts';
import { PostgresConnections, type Statement } from './connections.ts';
import { readSafeInteger } from './offsets.ts';
import { PostgresRangeReader } from './range-reader.ts';
import { CREATE_SCHEMA, HAS_SCHEMA, SCHEMA_LOCK } from './schema.ts';
import * as statements from './statements.ts';
import { TopicCatalog } from './topic-catalog.ts';
import { PostgresWakeUps } from './wake-ups.ts';

export interface PostgresTopicLogOptions {
  /** A database and role of its own; the tables are created in schema `topic_log`. */
  readonly url: string;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Connections for appends and reads; wake-ups take one more. (Default: 4) */
  readonly poolSize?: number;
  /** How long an append waits through an outage before it gives up. (Default: 120,000) */
  readonly appendLimitMs?: number;
}

const DEFAULT_APPEND_LIMIT_MS = 120_000;

/** Opens the topic log in PostgreSQL, creating its tables when they are missing. */
export async function openPostgresTopicLog(
  options: PostgresTopicLogOptions,
): Promise<AdministeredTopicLog> {
  const log = options.log ?? silentLogger;
  const connections = new PostgresConnections({ ...options, log });
  try {
    await ensureSchema(connections);
  } catch (error) {
    await connections.close();
    throw error;
  }
  return new PostgresTopicLog(connections, { ...options, log });
}

async function ensureSchema(connections: PostgresConnections): Promise<void> {
  const unnamed = (text: string): Statement => ({ text, values: [] });
  const [row] = await connections.query<{ present: boolean }>(unnamed(HAS_SCHEMA), {
    limitMs: 30_000,
  });
  if (row?.present === true) return;
  await connections.transaction([unnamed(SCHEMA_LOCK), unnamed(CREATE_SCHEMA)]);
}

class PostgresTopicLog implements AdministeredTopicLog {
  readonly kind = 'postgres';
  readonly #connections: PostgresConnections;
  readonly #catalog: TopicCatalog;
  readonly #appender: PostgresAppender;
  readonly #reader: PostgresRangeReader;
  readonly #wakeUps: PostgresWakeUps;
  #closed: Promise<void> | undefined;

  constructor(
    connections: PostgresConnections,
    options: PostgresTopicLogOptions & { readonly log: Logger },
  ) {
    this.#connections = connections;
    this.#catalog = new TopicCatalog(connections);
    this.#reader = new PostgresRangeReader(connections, this.#catalog);
    this.#wakeUps = new PostgresWakeUps(options.url, options.log);
    this.#appender = new PostgresAppender({
      connections,
      catalog: this.#catalog,
      clock: options.clock ?? systemClock,
      log: options.log,
      appendLimitMs: options.appendLimitMs ?? DEFAULT_APPEND_LIMIT_MS,
    });
  }

  async ensureTopic(topic: string, options: EnsureTopicOptions): Promise<number> {
    await this.#connections.transaction([
      statements.createTopic(topic, options.compacted ?? false),
      statements.createPartitions(topic, options.partitions, false),
    ]);
    return (await this.partitions(topic)).length;
  }

  async partitions(topic: string): Promise<number[]> {
    return (await this.#catalog.getHeads(topic)).map((head) => head.partition);
  }

  async bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>> {
    const heads = await this.#catalog.getHeads(topic);
    return new Map(heads.map(({ partition, start, end }) => [partition, { start, end }]));
  }

  async offsetsAt(topic: string, at: Date): Promise<ReadonlyMap<number, number>> {
    const atMs = at.getTime();
    const statement = statements.firstBatchesSince(topic, atMs);
    const rows = await this.#connections.query<statements.FirstBatchRow>(statement);
    if (rows.length === 0) await this.#catalog.getHeads(topic); // throws TOPIC_MISSING
    return new Map(
      rows.map((row) => {
        const first = decodeRow(row).find((record) => record.timestamp >= atMs);
        return [row.partition, first?.offset ?? readSafeInteger(row.next_offset)];
      }),
    );
  }

  // eslint-disable-next-line max-params -- the port's signature
  readRange(
    topic: string,
    partition: number,
    range: OffsetRange,
    options: ReadOptions = {},
  ): AsyncIterable<readonly LogRecord[]> {
    return this.#reader.read({ topic, partition, range }, options);
  }

  async produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    await this.#appender.append(topic, records);
  }

  async openTransactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    const open = statements.openProducer(transactionalId);
    const [row] = await this.#connections.query<{ epoch: string }>(open);
    const epoch = readSafeInteger(row?.epoch ?? '0');
    let closed = false;
    return {
      produce: async (batches: readonly TopicBatch[]) => {
        if (closed) throw logClosed('producer');
        const fence = statements.fenceProducer(transactionalId, epoch);
        await this.#appender.appendAtomically(batches, fence).catch((error: unknown) => {
          throw isFenceViolation(error) ? producerFenced(transactionalId, toError(error)) : error;
        });
      },
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    };
  }

  onRecords(topic: string, wake: () => void): Subscription {
    return this.#wakeUps.subscribe(topic, wake);
  }

  async fingerprint(
    topic: string,
    partition: number,
    offset: number,
  ): Promise<RecordFingerprint | undefined> {
    const statement = statements.batchAt(topic, partition, offset);
    const [row] = await this.#connections.query<statements.FirstBatchRow>(statement);
    const record = row && decodeRow(row).findLast((each) => each.offset <= offset);
    if (record === undefined) {
      await this.#catalog.getHead(topic, partition);
      return undefined;
    }
    return { offset: record.offset, timestamp: record.timestamp, crc: recordCrc(record) };
  }

  look(
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<ReadonlyMap<number, PartitionLook>> {
    return lookOneByOne(this, topic, offsets);
  }

  async isCompacted(topic: string): Promise<boolean> {
    return (await this.#catalog.getFacts(topic)).compacted;
  }

  async mirrorOffsets(
    group: string,
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<void> {
    await this.#connections.transaction(
      [...offsets]
        .sort(([left], [right]) => left - right)
        .map(([partition, offset]) => statements.mirrorOffset(group, topic, { partition, offset })),
    );
  }

  async addPartitions(topic: string, partitions: number): Promise<void> {
    await this.#connections.query(statements.createPartitions(topic, partitions, true));
    this.#catalog.forget(topic);
  }

  async deleteRecordsBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    for (const [partition, offset] of [...offsets].sort(([left], [right]) => left - right)) {
      await this.#connections.transaction([
        statements.moveStart(topic, partition, offset),
        statements.deleteBeforeStart(topic, partition),
      ]);
    }
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#connections.transaction([
      statements.lockHeads(topic),
      statements.deleteBatchesOfTopic(topic),
      statements.deleteTopic(topic),
    ]);
    this.#catalog.forget(topic);
  }

  close(): Promise<void> {
    this.#closed ??= this.#wakeUps.close().then(() => this.#connections.close());
    return this.#closed;
  }
}

/** The readable records of a row's batch. */
function decodeRow(row: statements.FirstBatchRow): LogRecord[] {
  const records: LogRecord[] = [];
  if (row.base_offset === null || row.bytes === null) return records;
  const batch = parseRecordBatch(row.bytes, readSafeInteger(row.base_offset));
  const range = { from: readSafeInteger(row.start_offset), to: batch.nextOffset };
  decodeRecords(batch, { partition: row.partition, range, records: batch.records }, records);
  return records;
}

function isFenceViolation(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.constraint === statements.PRODUCER_FENCE;
}
