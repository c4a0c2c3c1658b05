import { ByteBudget } from '../byte-budget.ts';
import { partitionMissing } from '../errors.ts';
import { throughOutages } from '../outage.ts';
import { checkRange, rangeLost, type RangeOfPartition } from '../range-check.ts';
import { readAhead, type Page } from '../read-ahead.ts';
import { decodeRecords, parseRecordBatch } from '../record-batch/decode-record-batch.ts';
import type { LogRecord, OffsetRange, ReadOptions } from '../topic-log.ts';
import { isOutage, type PostgresConnections } from './connections.ts';
import { readSafeInteger } from './offsets.ts';
import { readPage, type PageRow } from './statements.ts';
import type { TopicCatalog } from './topic-catalog.ts';

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const READ_AHEAD_BYTES = 64 * 1024 * 1024;

/** Reads exact ranges, a page of whole batches a query, through outages. */
export class PostgresRangeReader {
  readonly #connections: PostgresConnections;
  readonly #catalog: TopicCatalog;
  readonly #budget = new ByteBudget(READ_AHEAD_BYTES);

  constructor(connections: PostgresConnections, catalog: TopicCatalog) {
    this.#connections = connections;
    this.#catalog = catalog;
  }

  async *read(asked: RangeOfPartition, options: ReadOptions): AsyncGenerator<readonly LogRecord[]> {
    const { range } = asked;
    if (range.from >= range.to) {
      checkRange(asked, await this.#catalog.getHead(asked.topic, asked.partition));
      return;
    }
    const pages = readAhead(range.from, (at) => this.#fetchPage(asked, at, options), {
      budget: this.#budget,
      pageBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    });
    for await (const records of pages) if (records.length > 0) yield records;
  }

  async #fetchPage(
    asked: RangeOfPartition,
    position: number,
    options: ReadOptions,
  ): Promise<Page<LogRecord[]>> {
    const rest = { from: position, to: asked.range.to };
    const statement = readPage(asked, rest, options.maxBytes ?? DEFAULT_MAX_BYTES);
    const rows = await throughOutages(() => this.#connections.queryOnce<PageRow>(statement), {
      isOutage,
      signal: options.signal,
      onWait: options.onWait,
    });
    const [head] = rows;
    if (head === undefined) {
      await this.#catalog.getHead(asked.topic, asked.partition); // names what is missing
      throw partitionMissing(asked.topic, asked.partition);
    }
    const start = readSafeInteger(head.start_offset);
    const bounds = { start, end: readSafeInteger(head.end_offset) };
    if (position === asked.range.from) checkRange(asked, bounds);
    // Retention may pass a reader: what it had not read is gone, which is said and never jumped over.
    if (position < start) throw rangeLost({ ...asked, range: rest }, bounds);
    return toPage(rows, asked.partition, rest);
  }
}

function toPage(
  rows: readonly PageRow[],
  partition: number,
  range: OffsetRange,
): Page<LogRecord[]> {
  const items: LogRecord[] = [];
  let next = range.to;
  for (const row of rows) {
    if (row.base_offset === null || row.bytes === null) continue;
    const batch = parseRecordBatch(row.bytes, readSafeInteger(row.base_offset));
    decodeRecords(batch, { partition, range, records: batch.records }, items);
    next = batch.nextOffset;
  }
  const ended = items.length === 0 || next >= range.to;
  return { content: items, next: ended ? undefined : next };
}
