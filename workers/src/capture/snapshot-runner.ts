import { failpoint, type Clock, type Logger } from '@tidegate/engine/platform';
import type { NewRecord, TopicLog } from '@tidegate/engine/topic-log';
import type { Connection } from 'mysql2/promise';

import type { ResolvedCaptureConfig, TableTarget } from './capture-config.ts';
import type { ChunkState, TableState } from './capture-state.ts';
import { EnvelopeWriter, type EnvelopeSource, type SnapshotMarker } from './envelope.ts';
import { captureError } from './errors.ts';
import type { Outbox } from './outbox.ts';
import type { BinlogPosition } from './position.ts';
import type { ServerInfo } from './server-info.ts';
import { createMarkerRecords } from './snapshot-marker.ts';
import { keyOfRow, planChunk, readChunk } from './snapshot-table.ts';
import { closeSnapshotView, openSnapshotView, type SnapshotView } from './snapshot-view.ts';
import { createTableLayout, type Row, type TableLayout } from './table-layout.ts';
import { findTableSchema, type TableSchema } from './table-schema.ts';

export interface SnapshotRunnerOptions {
  readonly config: ResolvedCaptureConfig;
  readonly source: EnvelopeSource;
  readonly server: ServerInfo;
  readonly outbox: Outbox;
  readonly log: TopicLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isStopped: () => boolean;
}

/** Records of one slice: large enough to be cheap, small enough that the stream need not wait long. */
const SLICE_ROWS = 1_000;
/** Slices handed to the outbox and not yet durable. */
const MAX_IN_FLIGHT = 3;

/**
 * Reads the tables in chunks by primary key while the stream runs.
 *
 * A chunk's bounds and position are stored before its rows are read and reused after a restart; each slice
 * stores the last key it holds. So no row is produced twice, and each carries a position whose
 * transactions its content shows.
 */
export class SnapshotRunner {
  readonly #options: SnapshotRunnerOptions;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(options: SnapshotRunnerOptions) {
    this.#options = options;
  }

  /** Tables whose snapshot is not complete. */
  get pending(): TableTarget[] {
    const { tables } = this.#options.outbox.state;
    return [...this.#options.config.tables.values()].filter(
      (table) => tables[table.id]?.snapshot !== 'done',
    );
  }

  /** Goes on where the state says, to the end. Connection errors leave the state ready to go on. */
  async run(connection: Connection): Promise<void> {
    try {
      for (const table of this.pending) await this.#readTable(connection, table);
    } finally {
      await Promise.allSettled(this.#inFlight);
    }
  }

  async #readTable(connection: Connection, table: TableTarget): Promise<void> {
    let isComplete = false;
    while (!isComplete && !this.#options.isStopped()) {
      const view = await openSnapshotView(connection, this.#options.server);
      const schema = await this.#getSchema(connection, table);
      // The view is open, so waiting costs nothing but its age: the last slices must be in the state.
      await Promise.all(this.#inFlight);
      isComplete = await this.#readNextChunk(connection, { schema, view });
      await closeSnapshotView(connection);
    }
    await Promise.all(this.#inFlight);
    if (isComplete) await this.#complete(table);
  }

  async #getSchema(connection: Connection, table: TableTarget): Promise<TableSchema> {
    const schema = await findTableSchema(connection, table);
    if (schema !== undefined) return schema;
    throw captureError(
      'CAPTURE_SOURCE_NOT_READY',
      `table ${table.id} went away during its snapshot: create it again, or take it out of the capture`,
      { details: { table: table.id } },
    );
  }

  /** Answers whether the table is complete. */
  async #readNextChunk(
    connection: Connection,
    { schema, view }: { readonly schema: TableSchema; readonly view: SnapshotView },
  ): Promise<boolean> {
    const id = schema.table.id;
    const { chunkRows } = this.#options.config;
    const state = this.#tableState(id);
    const { lastKey } = state;
    const chunk =
      state.chunk ?? (await planChunk({ connection, schema, lastKey, view, chunkRows }));
    if (chunk === undefined) return true;
    if (state.chunk === null)
      await this.#submit(schema.table, [], (now) => ({ ...now, snapshot: 'running', chunk }));
    const rows = await readChunk(connection, schema, { lastKey, chunk });
    failpoint('capture.chunk-read');
    await this.#produceChunk(schema, { chunk, rows, isFirst: state.rows === 0 });
    return chunk.isLast;
  }

  #tableState(id: string): TableState {
    return this.#options.outbox.state.tables[id] as TableState;
  }

  async #produceChunk(schema: TableSchema, content: ChunkContent): Promise<void> {
    const { rows, chunk } = content;
    const layout = createTableLayout({ ...schema, decimals: this.#options.config.decimals });
    const writer = this.#createWriter(layout, chunk.position, chunk.readAtMs);
    for (let from = 0; from < rows.length; from += SLICE_ROWS) {
      const slice = rows.slice(from, from + SLICE_ROWS);
      const isEnd = from + slice.length === rows.length;
      const records = slice.map((row, index) => {
        const marker = this.#marker(schema.table, content, from + index);
        return toRecord(layout, writer, { row: row as unknown as Row, marker });
      });
      const lastKey = keyOfRow(schema, slice.at(-1) ?? []);
      const applied = this.#submit(schema.table, records, (now) => ({
        ...now,
        lastKey: isEnd ? chunk.upTo : lastKey,
        chunk: isEnd ? null : now.chunk,
        rows: now.rows + slice.length,
      }));
      this.#track(applied);
      if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight);
    }
    if (rows.length === 0)
      await this.#submit(schema.table, [], (now) => ({ ...now, lastKey: chunk.upTo, chunk: null }));
  }

  #track(applied: Promise<void>): void {
    this.#inFlight.add(applied);
    const forget = (): void => {
      this.#inFlight.delete(applied);
    };
    applied.then(forget, () => undefined);
  }

  #createWriter(layout: TableLayout, at: BinlogPosition, changedAtMs: number): EnvelopeWriter {
    return new EnvelopeWriter(
      this.#options.source,
      {
        layout,
        position: { ...at, row: 0 },
        changedAtUs: changedAtMs * 1000,
        serverId: 0,
        gtid: null,
        thread: null,
        snapshot: 'true',
      },
      this.#options.clock.now(),
    );
  }

  /** Debezium's markers: first and last row of the whole snapshot and of each table. */
  #marker(table: TableTarget, content: ChunkContent, index: number): SnapshotMarker | undefined {
    const ids = [...this.#options.config.tables.keys()];
    if (content.chunk.isLast && index === content.rows.length - 1)
      return table.id === ids.at(-1) ? 'last' : 'last_in_data_collection';
    if (!content.isFirst || index > 0) return undefined;
    return table.id === ids[0] ? 'first' : 'first_in_data_collection';
  }

  async #complete(table: TableTarget): Promise<void> {
    const state = this.#tableState(table.id);
    const records = state.again
      ? createMarkerRecords({
          table,
          since: state.since,
          rows: state.rows,
          source: this.#options.source,
          partitions: await this.#options.log.partitions(table.topic),
          capturedAtMs: this.#options.clock.now(),
        })
      : [];
    await this.#submit(table, records, (now) => ({ ...now, snapshot: 'done', chunk: null }));
    this.#options.logger.info({ table: table.id, rows: state.rows }, 'snapshot completed');
  }

  #submit(
    table: TableTarget,
    records: readonly NewRecord[],
    apply: (table: TableState) => TableState,
  ): Promise<void> {
    return this.#options.outbox.submit({ table: table.id, topic: table.topic, records, apply });
  }
}

interface ChunkContent {
  readonly chunk: ChunkState;
  readonly rows: readonly (readonly unknown[])[];
  /** No row of this table was produced before. */
  readonly isFirst: boolean;
}

function toRecord(
  layout: TableLayout,
  writer: EnvelopeWriter,
  { row, marker }: { readonly row: Row; readonly marker: SnapshotMarker | undefined },
): NewRecord {
  const after = layout.encodeIndexed(row);
  return {
    key: Buffer.from(layout.encodeIndexedKey(row)),
    value: writer.write('r', 0, marker === undefined ? { after } : { after, snapshot: marker }),
  };
}
