import type { SourceBatch, TaskSource } from '@tidegate/engine/dag';
import type { LogRecord } from '@tidegate/engine/topic-log';

import type { Change } from '../../cdc/change.ts';
import type { ChangeTable } from '../../cdc/change-table.ts';
import { ChangeDecoder } from '../../cdc/decode-record.ts';
import { RecordError } from '../../cdc/errors.ts';
import { StreamVersions, type StreamKind } from '../../cdc/stream-state.ts';
import {
  ChunkBuilder,
  refusedRecord,
  type Chunk,
  type ChunkLimits,
  type ChunkPart,
} from './chunk.ts';
import { storedParts } from './load-chunk.ts';
import type { LoadTarget } from './load-target.ts';
import type { OpenedLoad } from './open-load.ts';
import { rowStager, type MapRow, type StagedRow } from './staged-row.ts';
import type { TargetShape } from './target-shape.ts';
import { fillKept } from './unchanged-values.ts';

export interface RangeReaderOptions {
  readonly topic: string;
  readonly table: ChangeTable;
  readonly target: LoadTarget;
  readonly shape: TargetShape;
  readonly map: MapRow;
  readonly opened: OpenedLoad;
}

/** A chunk an earlier try has loaded. */
export interface StoredChunk {
  readonly stored: readonly ChunkPart[];
}

/** Reads a run's range, decodes and maps its records, and cuts them into chunks. */
export class RangeReader {
  readonly #source: TaskSource;
  readonly #opened: OpenedLoad;
  readonly #versions: StreamVersions;
  readonly #decoder: ChangeDecoder;
  readonly #shape: TargetShape;
  readonly #stage: (change: Change) => StagedRow;

  constructor(source: TaskSource, options: RangeReaderOptions) {
    this.#source = source;
    this.#opened = options.opened;
    this.#shape = options.shape;
    this.#versions = new StreamVersions(options.topic, options.opened.stream);
    this.#decoder = new ChangeDecoder(options.table, this.#versions);
    this.#stage = rowStager(options.target, options.shape, options.map);
  }

  /** The stream's kind, when the target does not know it yet. */
  get kindToFix(): StreamKind | undefined {
    return this.#opened.stream.kind === undefined ? this.#versions.kind : undefined;
  }

  /** In order. A batch's buffers are done with when the next batch is asked for. */
  async *chunks(limits: ChunkLimits): AsyncGenerator<Chunk | StoredChunk> {
    const builder = new ChunkBuilder(limits);
    const seen = new Set<string>();
    let open: SourceBatch['range'] | undefined;
    let next = 0;
    for await (const { range, records } of this.#source.read()) {
      if (open === undefined || placeOf(open) !== placeOf(range)) {
        if (open !== undefined) this.#endRange(builder, { range: open, next });
        open = range;
        next = range.from;
        seen.add(placeOf(range));
      }
      for (const record of records) {
        if (builder.needsPart) builder.openPart(range.partition, next);
        this.#add(builder, record);
        next = record.offset + 1;
        if (builder.isFull) yield this.#take(builder);
      }
    }
    if (open !== undefined) this.#endRange(builder, { range: open, next });
    for (const range of this.#source.ranges)
      if (!seen.has(placeOf(range))) this.#endRange(builder, { range, next: range.from });
    if (!builder.isEmpty) yield this.#take(builder);
  }

  /** Takes the offsets after a range's last record into the ledger as well: coverage has no holes. */
  #endRange(
    builder: ChunkBuilder,
    { range, next }: { readonly range: SourceBatch['range']; readonly next: number },
  ): void {
    if (next < range.to && builder.needsPart) builder.openPart(range.partition, next);
    builder.endPart(range.to);
  }

  #add(builder: ChunkBuilder, record: LogRecord): void {
    builder.countRecord(record);
    const decoded = this.#decoder.decode(record);
    try {
      switch (decoded.kind) {
        case 'change':
          builder.addRow(this.#stage(decoded.change));
          break;
        case 'moved': {
          // Both before either is added: a record goes as a whole or not at all.
          const rows = [this.#stage(decoded.removed), this.#stage(decoded.added)];
          for (const row of rows) builder.addRow(row);
          break;
        }
        case 'truncate':
          builder.addTruncate(decoded);
          break;
        case 'snapshot-completed':
          builder.addMarker({ partition: record.partition, v1: decoded.v1, v2: decoded.v2 });
          break;
        case 'ignored':
          builder.addIgnored();
          break;
        case 'bad':
          builder.addRefused(refusedRecord(record, decoded.error));
          break;
      }
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      builder.addRefused(refusedRecord(record, error));
    }
  }

  #take(builder: ChunkBuilder): Chunk | StoredChunk {
    const positions = this.#versions.positions();
    const chunk = builder.take(positions);
    const touched = new Set(chunk.parts.map(({ partition }) => partition));
    const stored = storedParts(this.#opened.parts, chunk);
    if (stored !== undefined) return { stored };
    const rows = fillKept(chunk.rows, this.#shape);
    return {
      ...chunk,
      rows,
      positions: positions.filter(({ partition }) => touched.has(partition)),
    };
  }
}

function placeOf({ partition, from }: SourceBatch['range']): string {
  return `${partition}:${from}`;
}
