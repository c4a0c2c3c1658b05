import { setTimeout as sleep } from 'node:timers/promises';

import type { ByteBudget } from '../byte-budget.ts';
import { isTopicLogError } from '../errors.ts';
import { checkRange, rangeLost, type RangeOfPartition } from '../range-check.ts';
import { readAhead, type Page } from '../read-ahead.ts';
import type { RecordBatch } from '../record-batch/decode-record-batch.ts';
import type { LogRecord, ReadOptions } from '../topic-log.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { decodePage, parseRecordSet, type FetchedPage } from './fetched-page.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { boundsOf, fetchPlace } from './partition-fetch.ts';

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const SMALLEST_FETCH_BYTES = 64 * 1024;
/** A guess of a record's size, so that a small range does not fetch megabytes behind it. */
const BYTES_PER_RECORD = 1_024;

export interface RangeReaderOptions {
  readonly cluster: KafkaCluster;
  readonly budget: ByteBudget;
  /** How long a range above the stable offset is given: after a change of leaders it may lag. */
  readonly patienceMs: number;
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
      const bounds = await boundsOf(this.#options.cluster, fetched);
      if (asked.range.from < bounds.start) throw rangeLost(asked, bounds);
      if (asked.range.to <= bounds.end && fetched.errorCode === 0) return fetched;
      if (performance.now() > patienceEndsAt) checkRange(asked, bounds);
      await sleep(50, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }

  #fetch(
    { topic, partition, range }: RangeOfPartition,
    maxBytes: number,
  ): ReturnType<typeof fetchPlace> {
    const guess = (range.to - range.from) * BYTES_PER_RECORD;
    const bytes = Math.min(maxBytes, Math.max(SMALLEST_FETCH_BYTES, guess));
    const place = { partition, fetchOffset: range.from, maxBytes: bytes };
    return fetchPlace(this.#options.cluster, topic, place);
  }
}
