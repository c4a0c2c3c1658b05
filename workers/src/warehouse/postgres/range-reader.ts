import type { TaskSource } from '@tidegate/engine/dag';
import type { LogRecord } from '@tidegate/engine/topic-log';

import type { Change } from '../../cdc/change.ts';
import type { ChangeTable } from '../../cdc/change-table.ts';
import { ChangeDecoder } from '../../cdc/decode-record.ts';
import { RecordError } from '../../cdc/errors.ts';
import { StreamVersions, type KnownStream, type StreamKind } from '../../cdc/stream-state.ts';
import { ChunkBuilder, refusedRecord, type Chunk, type ChunkLimits } from './chunk.ts';
import type { LoadTarget } from './load-target.ts';
import type { MissingRange } from './missing-ranges.ts';
import { PartWalk } from './part-walk.ts';
import { rowStager, type MapRow, type StagedRow } from './staged-row.ts';
import type { TargetShape } from './target-shape.ts';
import { fillKept } from './unchanged-values.ts';

export interface RangeReaderOptions {
  readonly topic: string;
  readonly table: ChangeTable;
  readonly target: LoadTarget;
  readonly shape: TargetShape;
  readonly map: MapRow;
  readonly stream: KnownStream;
  readonly missing: readonly MissingRange[];
}

/** Reads a run's range, decodes and maps the records that are missing, and cuts them into chunks. */
export class RangeReader {
  readonly #source: TaskSource;
  readonly #missing: readonly MissingRange[];
  readonly #stream: KnownStream;
  readonly #versions: StreamVersions;
  readonly #decoder: ChangeDecoder;
  readonly #shape: TargetShape;
  readonly #stage: (change: Change) => StagedRow;

  constructor(source: TaskSource, options: RangeReaderOptions) {
    this.#source = source;
    this.#missing = options.missing;
    this.#stream = options.stream;
    this.#shape = options.shape;
    this.#versions = new StreamVersions(options.topic, options.stream);
    this.#decoder = new ChangeDecoder(options.table, this.#versions);
    this.#stage = rowStager(options.target, options.shape, options.map);
  }

  /** The stream's kind, when the target does not know it yet. */
  get kindToFix(): StreamKind | undefined {
    return this.#stream.kind === undefined ? this.#versions.kind : undefined;
  }

  /** Of what is missing, in order. A batch's buffers are done with when the next batch is asked for. */
  async *chunks(limits: ChunkLimits): AsyncGenerator<Chunk> {
    const builder = new ChunkBuilder(limits);
    const walk = new PartWalk(builder, this.#missing);
    for await (const { records } of this.#source.read()) {
      for (const record of records) {
        if (!walk.enter(record)) continue;
        this.#add(builder, record);
        if (builder.isFull) yield this.#take(builder);
      }
    }
    walk.end();
    if (!builder.isEmpty) yield this.#take(builder);
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

  #take(builder: ChunkBuilder): Chunk {
    const positions = this.#versions.positions();
    const chunk = builder.take(positions);
    const touched = new Set(chunk.parts.map(({ partition }) => partition));
    return {
      ...chunk,
      rows: fillKept(chunk.rows, this.#shape),
      positions: positions.filter(({ partition }) => touched.has(partition)),
    };
  }
}
