import pg from 'pg';

import type { Clock } from '../../platform/clock.ts';
import { toError } from '../../platform/errors.ts';
import { failpoint } from '../../platform/failpoint.ts';
import type { Logger } from '../../platform/log.ts';
import { chunkByPartition, DEFAULT_CHUNK_LIMITS, type RecordChunk } from '../chunk-records.ts';
import { keyRequired, partitionMissing, TopicLogError } from '../errors.ts';
import { throughOutages } from '../outage.ts';
import { Partitioner } from '../partitioner.ts';
import { encodeRecordBatch } from '../record-batch/encode-record-batch.ts';
import type { NewRecord, TopicBatch } from '../topic-log.ts';
import { createAppendId, lowestAppendId } from './append-id.ts';
import { isOutage, type PostgresConnections, type Statement } from './connections.ts';
import {
  APPEND_MARK,
  appendBatch,
  type AppendedRow,
  compact,
  forgetAppends,
  markAppend,
  type NewBatch,
} from './statements.ts';
import type { TopicCatalog } from './topic-catalog.ts';

export interface AppenderOptions {
  readonly connections: PostgresConnections;
  readonly catalog: TopicCatalog;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long an append waits through an outage before it gives up. */
  readonly appendLimitMs: number;
}

/** Bytes of one plain append's transaction; larger ones are split, as a broker would. */
const MAX_TRANSACTION_BYTES = 8_000_000;
const FORGET_EVERY_MS = 60_000;
const REMEMBERED_MS = 3_600_000;

/** Stores batches: each append is one transaction, stored once however often it is sent. */
export class PostgresAppender {
  readonly #options: AppenderOptions;
  readonly #partitioner = new Partitioner();
  #forgotAt = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** All of it or nothing. `fence` runs first in the same transaction. */
  async appendAtomically(batches: readonly TopicBatch[], fence: Statement): Promise<void> {
    const encoded: NewBatch[] = [];
    for (const { topic, records } of batches) encoded.push(...(await this.#encode(topic, records)));
    await this.#store(encoded, [fence]);
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<void> {
    let group: NewBatch[] = [];
    let bytes = 0;
    for (const batch of await this.#encode(topic, records)) {
      if (group.length > 0 && bytes + batch.bytes.length > MAX_TRANSACTION_BYTES) {
        await this.#store(group, []);
        group = [];
        bytes = 0;
      }
      group.push(batch);
      bytes += batch.bytes.length;
    }
    await this.#store(group, []);
  }

  async #encode(topic: string, records: readonly NewRecord[]): Promise<NewBatch[]> {
    if (records.length === 0) return [];
    const { partitions, compacted } = await this.#options.catalog.getFacts(topic);
    const choose = { partitioner: this.#partitioner, partitions };
    const limits = compacted ? { ...DEFAULT_CHUNK_LIMITS, maxRecords: 1 } : DEFAULT_CHUNK_LIMITS;
    const now = this.#options.clock.now();
    return chunkByPartition(records, choose, limits).map((chunk) => ({
      topic,
      partition: chunk.partition,
      count: chunk.records.length,
      maxTimestamp: chunk.records.reduce((max, each) => Math.max(max, each.timestamp ?? now), 0),
      key: compacted ? getKey(topic, chunk) : null,
      bytes: encodeRecordBatch(chunk.records, now),
    }));
  }

  async #store(batches: readonly NewBatch[], before: readonly Statement[]): Promise<void> {
    if (batches.length === 0 && before.length === 0) return;
    // One order of locks for everybody: topics by name, then partitions.
    const ordered = [...batches].sort(
      (left, right) => compareText(left.topic, right.topic) || left.partition - right.partition,
    );
    const appendId = createAppendId(this.#options.clock.now());
    const statements = [...before, markAppend(appendId), ...ordered.map(appendBatch)];
    const rows = await this.#storeOnce(statements, ordered);
    failpoint('append.after-commit');
    const appended = rows.slice(before.length + 1) as AppendedRow[][];
    await this.#tidy(ordered, appended);
  }

  async #storeOnce(
    statements: readonly Statement[],
    batches: readonly NewBatch[],
  ): Promise<object[][]> {
    let sent = false;
    failpoint('append.before-send');
    const send = (): Promise<object[][]> =>
      this.#options.connections.transaction(statements, () => {
        sent = true;
        failpoint('append.sent');
      });
    try {
      return await throughOutages(send, {
        isOutage,
        limitMs: this.#options.appendLimitMs,
        onWait: (what) => {
          if (what !== undefined)
            this.#options.log.warn({ what }, 'append waits for the topic log');
        },
      });
    } catch (thrown) {
      const error = toError(thrown);
      // The first attempt was stored, only its answer was lost.
      if (error instanceof pg.DatabaseError && error.constraint === APPEND_MARK) return [];
      throw this.#explain(error, { sent, batches });
    }
  }

  #explain(
    error: Error,
    append: { readonly sent: boolean; readonly batches: readonly NewBatch[] },
  ): Error {
    if (error instanceof pg.DatabaseError && error.code === NOT_NULL_VIOLATION) {
      for (const { topic } of append.batches) this.#options.catalog.forget(topic);
      const [batch] = append.batches;
      return partitionMissing(batch?.topic ?? '', batch?.partition ?? 0);
    }
    if (!isOutage(error)) return error;
    return new TopicLogError(
      append.sent ? 'APPEND_OUTCOME_UNKNOWN' : 'LOG_UNAVAILABLE',
      append.sent
        ? `the topic log did not come back within ${this.#options.appendLimitMs} ms, and whether the records are ` +
            'stored is unknown: read the end of the log before repeating them'
        : `the topic log cannot be reached for ${this.#options.appendLimitMs} ms: start PostgreSQL, nothing was stored`,
      { cause: error },
    );
  }

  /** What an append pays for now and then: compaction, and forgetting old append marks. */
  async #tidy(
    batches: readonly NewBatch[],
    appended: readonly (readonly AppendedRow[])[],
  ): Promise<void> {
    const due = batches.filter((batch, index) => {
      const [row] = appended[index] ?? [];
      return batch.key !== null && row !== undefined && +row.next_offset >= +row.compact_at;
    });
    const last = due.at(-1);
    if (last !== undefined) await this.#run(compact(last.topic, last.partition));
    const now = this.#options.clock.now();
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    await this.#run(forgetAppends(lowestAppendId(now - REMEMBERED_MS)));
  }

  /** The append itself is stored by now: a failure here waits for the next time. */
  async #run(statement: Statement): Promise<void> {
    try {
      await this.#options.connections.queryOnce(statement);
    } catch (error) {
      this.#options.log.debug({ err: toError(error) }, 'topic log tidying failed');
    }
  }
}

const NOT_NULL_VIOLATION = '23502';

function getKey(topic: string, chunk: RecordChunk): Buffer {
  const key = chunk.records[0]?.key;
  if (key) return key;
  throw keyRequired(topic);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
