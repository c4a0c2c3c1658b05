import type { RecordBatch } from '../record-batch/decode-record-batch.ts';
import type { AbortedTransaction } from './fetch-response.ts';

const ABORT_MARKER = 0;

/**
 * Tells which batches of one fetch response belong to aborted transactions.
 *
 * As in Java's consumer: a transaction is open from its first offset to its producer's abort marker, the
 * broker lists those that overlap the response, and a producer may abort several. Only control batches end
 * one; a data record whose key looks like a marker does not.
 */
export class AbortedTransactions {
  readonly #listed: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(listed: readonly AbortedTransaction[]) {
    this.#listed = [...listed].sort((left, right) => right.firstOffset - left.firstOffset);
  }

  /** Takes the batches in offset order; true for those whose records must not be seen. */
  hides(batch: RecordBatch): boolean {
    this.#openUpTo(batch.nextOffset);
    if (!batch.control) return batch.transactional && this.#open.has(batch.producerId);
    if (isAbortMarker(batch)) this.#open.delete(batch.producerId);
    return true;
  }

  #openUpTo(nextOffset: number): void {
    for (let next = this.#listed.at(-1); next !== undefined; next = this.#listed.at(-1)) {
      if (next.firstOffset >= nextOffset) return;
      this.#open.add(next.producerId);
      this.#listed.pop();
    }
  }
}

/** A control batch holds one record whose key is (int16 version, int16 type). */
function isAbortMarker({ records }: RecordBatch): boolean {
  // Length, attributes, time and offset deltas, key length; then the key.
  let at = skipVarint(records, 0) + 1;
  at = skipVarint(records, at);
  at = skipVarint(records, at);
  at = skipVarint(records, at);
  return records.readInt16BE(at + 2) === ABORT_MARKER;
}

function skipVarint(bytes: Buffer, at: number): number {
  let next = at;
  while ((bytes[next] ?? 0) >= 0x80) next++;
  return next + 1;
}
