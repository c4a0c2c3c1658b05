import type { LogRecord } from '@tidegate/engine/topic-log';

import type { RecordError } from '../../cdc/errors.ts';
import type { StreamPosition } from '../../cdc/stream-state.ts';
import type { StagedRow } from './staged-row.ts';

/** What one load transaction applies: consecutive records of one or more partitions. */
export interface Chunk {
  readonly parts: readonly ChunkPart[];
  readonly rows: readonly StagedRow[];
  readonly refused: readonly RefusedRecord[];
  readonly truncate: { readonly v1: number; readonly v2: number } | undefined;
  /** Ends of re-snapshots. */
  readonly markers: readonly SnapshotEnd[];
  /** How far the source was read, after this chunk. */
  readonly positions: readonly StreamPosition[];
}

/** A row of the partition that exists at the source has this version or a higher one. */
export interface SnapshotEnd {
  readonly partition: number;
  readonly v1: number;
  readonly v2: number;
}

/** The records of one partition in a chunk: a row of the ledger. */
export interface ChunkPart {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly changes: number;
  readonly ignored: number;
  readonly quarantined: number;
}

/** A record for the quarantine, its bytes copied. */
export interface RefusedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, string | null])[];
  readonly timestamp: number;
  readonly errorCode: string;
  readonly error: string;
}

export function refusedRecord(
  record: LogRecord,
  error: Pick<RecordError, 'message'> & { readonly code: string },
): RefusedRecord {
  return {
    partition: record.partition,
    offset: record.offset,
    key: record.key && Buffer.from(record.key),
    value: record.value && Buffer.from(record.value),
    headers: record.headers.map(([name, value]) => [name, value && value.toString('base64')]),
    timestamp: record.timestamp,
    errorCode: error.code,
    error: error.message,
  };
}

type OpenPart = { -readonly [Field in keyof ChunkPart]: ChunkPart[Field] };

/** Collects records into the next chunk. Where it ends depends on what is missing alone, so a retry cuts alike. */
export class ChunkBuilder {
  readonly #limits: ChunkLimits;
  #parts: OpenPart[] = [];
  #rows: StagedRow[] = [];
  #refused: RefusedRecord[] = [];
  #truncate: Chunk['truncate'];
  #markers: SnapshotEnd[] = [];
  #records = 0;
  #bytes = 0;
  #isOpen = false;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#records >= this.#limits.records || this.#bytes >= this.#limits.bytes;
  }

  /** True when no part is open for the next record. */
  get needsPart(): boolean {
    return !this.#isOpen;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** The records to come lie in this partition, from this offset on. */
  openPart(partition: number, from: number): void {
    this.#isOpen = true;
    this.#parts.push({
      partition,
      from,
      to: from,
      records: 0,
      changes: 0,
      ignored: 0,
      quarantined: 0,
    });
  }

  /** Ends the open part, if there is one: no more records before `to`, though offsets may go on. */
  endPart(to: number): void {
    if (this.#isOpen) this.#part().to = to;
    this.#isOpen = false;
  }

  countRecord(record: LogRecord): void {
    const part = this.#part();
    part.records += 1;
    part.to = record.offset + 1;
    this.#records += 1;
    this.#bytes += record.value?.length ?? 0;
  }

  addRow(row: StagedRow): void {
    this.#rows.push(row);
    this.#part().changes += 1;
  }

  addIgnored(): void {
    this.#part().ignored += 1;
  }

  addRefused(record: RefusedRecord): void {
    this.#refused.push(record);
    this.#part().quarantined += 1;
  }

  addTruncate(version: { readonly v1: number; readonly v2: number }): void {
    const known = this.#truncate;
    const isLater =
      known === undefined ||
      version.v1 > known.v1 ||
      (version.v1 === known.v1 && version.v2 > known.v2);
    if (isLater) this.#truncate = { v1: version.v1, v2: version.v2 };
    this.#part().changes += 1;
  }

  addMarker(marker: SnapshotEnd): void {
    this.#markers.push(marker);
    this.#part().changes += 1;
  }

  /** The chunk so far; the builder starts anew. */
  take(positions: readonly StreamPosition[]): Chunk {
    const chunk = {
      parts: this.#parts,
      rows: this.#rows,
      refused: this.#refused,
      truncate: this.#truncate,
      markers: this.#markers,
      positions,
    };
    this.#parts = [];
    this.#rows = [];
    this.#refused = [];
    this.#truncate = undefined;
    this.#markers = [];
    this.#records = 0;
    this.#bytes = 0;
    this.#isOpen = false;
    return chunk;
  }

  #part(): OpenPart {
    const part = this.#parts.at(-1);
    if (part === undefined) throw new RangeError('a record before its part was opened');
    return part;
  }
}

export interface ChunkLimits {
  readonly records: number;
  readonly bytes: number;
}

/** Larger chunks gain little, and cost memory and a longer lock. */
export const CHUNK_LIMITS: ChunkLimits = { records: 20_000, bytes: 16 * 2 ** 20 };
