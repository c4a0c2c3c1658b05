import type { LogRecord } from '@tidegate/engine/topic-log';

import type { ChunkBuilder } from './chunk.ts';
import type { MissingRange } from './missing-ranges.ts';

/** Opens and ends the parts of chunks while the records of a run go by, so that they cover what is missing. */
export class PartWalk {
  readonly #builder: ChunkBuilder;
  readonly #missing: readonly MissingRange[];
  readonly #unread: Set<MissingRange>;
  #open: MissingRange | undefined;
  #next = 0;

  constructor(builder: ChunkBuilder, missing: readonly MissingRange[]) {
    this.#builder = builder;
    this.#missing = missing;
    this.#unread = new Set(missing);
  }

  /** Has a part open for the record; false when the load has it already. A partition's records come in order. */
  enter(record: LogRecord): boolean {
    if (this.#open === undefined || !isIn(this.#open, record)) {
      this.#endOpen();
      this.#open = this.#missing.find((range) => isIn(range, record));
      if (this.#open === undefined) return false;
      this.#unread.delete(this.#open);
      this.#next = this.#open.from;
    }
    if (this.#builder.needsPart) this.#builder.openPart(this.#open.partition, this.#next);
    this.#next = record.offset + 1;
    return true;
  }

  /** No more records come: what held none is covered, too. */
  end(): void {
    this.#endOpen();
    for (const range of this.#unread) this.#cover(range, range.from);
  }

  #endOpen(): void {
    if (this.#open !== undefined) this.#cover(this.#open, this.#next);
  }

  /** Takes the offsets after a range's last record into the ledger as well: coverage has no holes. */
  #cover({ partition, to }: MissingRange, next: number): void {
    if (next < to && this.#builder.needsPart) this.#builder.openPart(partition, next);
    this.#builder.endPart(to);
  }
}

function isIn({ partition, from, to }: MissingRange, record: LogRecord): boolean {
  return record.partition === partition && record.offset >= from && record.offset < to;
}
