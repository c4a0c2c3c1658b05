import { setTimeout as sleep } from 'node:timers/promises';

import type { ByteBudget } from '../byte-budget.ts';
import { isTopicLogError, TopicLogError } from '../errors.ts';
import { checkRange, rangeLost, type RangeOfPartition } from '../range-check.ts';
import { readAhead, type Page } from '../read-ahead.ts';
import {
  decodeRecords,
  parseRecordBatch,
  sizeOfBatchAt,
  type RecordBatch,
} from '../record-batch/decode-record-batch.ts';
import type { LogRecord, OffsetRange, PartitionBounds, ReadOptions } from '../topic-log.ts';
import { AbortedTransactions } from './aborted-transactions.ts';
import { decompressRecords } from './codecs.ts';
import { fetchResponse, type AbortedTransaction, type FetchedPartition } from './fetch-response.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { CODE, KafkaCodeError } from './kafka-errors.ts';
import { encodeFetchRequest, READ_COMMITTED } from './kafkajs-internals.ts';

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const SMALLEST_FETCH_BYTES = 64 * 1024;
/** A guess of a record's size, so that a small range does not fetch megabytes behind it. */
const BYTES_PER_RECORD = 1_024;
/** Only reached where there is nothing to read: a compacted tail, or a throttled client. */
const FETCH_WAIT_MS = 100;

export interface RangeReaderOptions {
  readonly cluster: KafkaCluster;
  readonly budget: ByteBudget;
  /** How long a range above the stable offset is given: after a change of leaders it may lag. */
  readonly patienceMs: number;
}

/** A fetched page: `range` is what of it is wanted. */
interface FetchedPage {
  readonly range: OffsetRange;
  readonly partition: number;
  readonly batches: readonly RecordBatch[];
  readonly aborted: readonly AbortedTransaction[];
}

/** A broker without anything to send says so at once; asked twice, it is believed. */
const EMPTY_ANSWERS = 2;

/** Reads exact, committed ranges: one partition a request, position kept in batches, through outages. */
export class KafkaRangeReader {
  readonly #options: RangeReaderOptions;

  constructor(options: RangeReaderOptions) {
    this.#options = options;
  }

  async *read(asked: RangeOfPartition, options: ReadOptions): AsyncGenerator<readonly LogRecord[]> {
    const { range } = asked;
    if (range.from >= range.to) return this.#checkEmptyRange(asked, options);
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const pages = readAhead(range.from, (at) => this.#fetchPage(asked, at, options), {
      budget: this.#options.budget,
      pageBytes: maxBytes,
    });
    for await (const page of pages) yield* decodePage(page, maxBytes);
  }

  /** One fetch: what lies at a place of the log, without waiting for it, and the partition's bounds. */
  async glance(
    asked: RangeOfPartition,
  ): Promise<{ readonly bounds: PartitionBounds; readonly records: readonly LogRecord[] }> {
    const { partition, range } = asked;
    const fetched = await this.#fetch(asked, SMALLEST_FETCH_BYTES);
    const batches = parseRecordSet(fetched.recordSet, range.from);
    const page = { range, partition, batches, aborted: fetched.aborted };
    const records: LogRecord[] = [];
    for await (const some of decodePage(page, DEFAULT_MAX_BYTES)) records.push(...some);
    return { bounds: await this.#boundsOf(asked, fetched), records };
  }

  async #checkEmptyRange(asked: RangeOfPartition, options: ReadOptions): Promise<void> {
    const { cluster } = this.#options;
    await cluster.repeat(async () => {
      await cluster.getLeader(asked.topic, asked.partition);
      const bounds = (await cluster.readBounds(asked.topic)).get(asked.partition);
      checkRange(asked, bounds ?? { start: 0, end: 0 });
    }, options);
  }

  async #fetchPage(
    asked: RangeOfPartition,
    position: number,
    options: ReadOptions,
  ): Promise<Page<FetchedPage>> {
    const range = { from: position, to: asked.range.to };
    const part = { ...asked, range };
    const toPage = (
      fetched: FetchedPartition,
      batches: readonly RecordBatch[],
    ): Page<FetchedPage> => {
      const next = batches.at(-1)?.nextOffset ?? range.to;
      const content = { range, partition: asked.partition, batches, aborted: fetched.aborted };
      return { content, next: next < range.to ? next : undefined };
    };
    let [damaged, empty] = [0, 0];
    return this.#options.cluster.repeat(async () => {
      for (;;) {
        const fetched = await this.#fetchReadable(part, options);
        try {
          const batches = parseRecordSet(fetched.recordSet, position);
          if (batches.length > 0) return toPage(fetched, batches);
          // Nothing is stored up to the stable offset: the rest was compacted away.
          if (fetched.throttleTimeMs === 0 && ++empty >= EMPTY_ANSWERS) return toPage(fetched, []);
        } catch (error) {
          // Once more in case it was the way and not the disk; never passed over.
          if (!isTopicLogError(error, 'RECORD_CORRUPT') || ++damaged > 1) throw error;
        }
      }
    }, options);
  }

  /** The answer of the leader once it covers the range. Throws `RANGE_LOST`, `RANGE_BEYOND_END`. */
  async #fetchReadable(
    asked: RangeOfPartition,
    options: ReadOptions,
  ): Promise<FetchedPartition & { readonly throttleTimeMs: number }> {
    const patienceEndsAt = performance.now() + this.#options.patienceMs;
    for (;;) {
      const fetched = await this.#fetch(asked, options.maxBytes ?? DEFAULT_MAX_BYTES);
      const bounds = await this.#boundsOf(asked, fetched);
      if (asked.range.from < bounds.start) throw rangeLost(asked, bounds);
      if (asked.range.to <= bounds.end && fetched.errorCode === 0) return fetched;
      if (performance.now() > patienceEndsAt) checkRange(asked, bounds);
      await sleep(50, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }

  /** As the answer tells; one that refuses the offset does not. */
  async #boundsOf(
    { topic, partition }: RangeOfPartition,
    fetched: FetchedPartition,
  ): Promise<PartitionBounds> {
    if (fetched.errorCode !== CODE.OFFSET_OUT_OF_RANGE)
      return { start: fetched.logStartOffset, end: fetched.lastStableOffset };
    const bounds = (await this.#options.cluster.readBounds(topic)).get(partition);
    return bounds ?? { start: 0, end: 0 };
  }

  async #fetch(
    { topic, partition, range }: RangeOfPartition,
    maxBytes: number,
  ): Promise<FetchedPartition & { readonly throttleTimeMs: number }> {
    const guess = (range.to - range.from) * BYTES_PER_RECORD;
    const bytes = Math.min(maxBytes, Math.max(SMALLEST_FETCH_BYTES, guess));
    const broker = await this.#options.cluster.getLeader(topic, partition);
    const request = encodeFetchRequest({
      replicaId: -1,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: bytes,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic, partitions: [{ partition, fetchOffset: range.from, maxBytes: bytes }] }],
    });
    const answer = await this.#options.cluster.send(broker, { request, response: fetchResponse });
    const [fetched] = answer.partitions;
    const errorCode = answer.errorCode === 0 ? fetched?.errorCode : answer.errorCode;
    if (fetched === undefined || isFailure(errorCode)) {
      if (errorCode === CODE.UNKNOWN_TOPIC_OR_PARTITION) {
        this.#options.cluster.forget(topic);
        await this.#options.cluster.getLeader(topic, partition); // names what is missing
      }
      throw new KafkaCodeError(errorCode ?? CODE.NETWORK_EXCEPTION, 'Fetch');
    }
    return { ...fetched, throttleTimeMs: answer.clientSideThrottleTime };
  }
}

function isFailure(errorCode: number | undefined): boolean {
  return errorCode !== 0 && errorCode !== CODE.OFFSET_OUT_OF_RANGE;
}

/** The whole batches of a record set, checksums verified; a last one that is cut off is left out. */
function parseRecordSet(recordSet: Buffer, position: number): RecordBatch[] {
  const batches: RecordBatch[] = [];
  let at = 0;
  for (let size = sizeOfBatchAt(recordSet, at); size !== undefined;) {
    batches.push(parseRecordBatch(recordSet.subarray(at, at + size)));
    at += size;
    size = sizeOfBatchAt(recordSet, at);
  }
  const last = batches.at(-1);
  if (last === undefined ? recordSet.length === 0 : last.nextOffset > position) return batches;
  throw new TopicLogError(
    'RECORD_CORRUPT',
    `Kafka answered a fetch at offset ${position} with records that do not reach it: check the broker`,
  );
}

/** The wanted records of a page, in arrays of about `maxBytes` of decompressed records. */
async function* decodePage(
  page: FetchedPage,
  maxBytes: number,
): AsyncGenerator<readonly LogRecord[]> {
  const { range, partition, batches } = page;
  const aborted = new AbortedTransactions(page.aborted);
  let items: LogRecord[] = [];
  let bytes = 0;
  for (const batch of batches) {
    if (batch.baseOffset >= range.to) break;
    if (aborted.hides(batch) || batch.nextOffset <= range.from) continue;
    const records = await decompressRecords(batch);
    decodeRecords(batch, { partition, range, records }, items);
    bytes += records.length;
    if (bytes < maxBytes || items.length === 0) continue;
    yield items;
    items = [];
    bytes = 0;
  }
  if (items.length > 0) yield items;
}
