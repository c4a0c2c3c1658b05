import { TopicLogError } from '../errors.ts';
import {
  decodeRecords,
  parseRecordBatch,
  sizeOfBatchAt,
  type RecordBatch,
} from '../record-batch/decode-record-batch.ts';
import type { LogRecord, OffsetRange } from '../topic-log.ts';
import { AbortedTransactions } from './aborted-transactions.ts';
import { decompressRecords } from './codecs.ts';
import type { AbortedTransaction } from './fetch-response.ts';

/** A fetched page: `range` is what of it is wanted. */
export interface FetchedPage {
  readonly range: OffsetRange;
  readonly partition: number;
  readonly batches: readonly RecordBatch[];
  readonly aborted: readonly AbortedTransaction[];
}

/** The whole batches of a record set, checksums verified; a last one that is cut off is left out. */
export function parseRecordSet(recordSet: Buffer, position: number): RecordBatch[] {
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
export async function* decodePage(
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
