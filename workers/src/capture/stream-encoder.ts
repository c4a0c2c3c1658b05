import type { Clock, Logger } from '@tidegate/engine/platform';
import type { NewRecord } from '@tidegate/engine/topic-log';

import type { BinlogHandler, EventContext, RowsEvent, TableMap } from './binlog-reader.ts';
import type { ResolvedCaptureConfig, TableTarget } from './capture-config.ts';
import { parseColumnType, type ColumnType } from './column-type.ts';
import { parseTableStatement } from './ddl.ts';
import { createRowWriter, EnvelopeWriter, type EnvelopeSource } from './envelope.ts';
import { captureError } from './errors.ts';
import { OpenTransaction } from './open-transaction.ts';
import type { Outbox } from './outbox.ts';
import { comparePositions, type BinlogPosition, type RowPosition } from './position.ts';
import { createTableLayout, type ColumnDefinition, type TableLayout } from './table-layout.ts';
import type { TableSchema } from './table-schema.ts';

export interface StreamEncoderOptions {
  readonly config: ResolvedCaptureConfig;
  readonly source: EnvelopeSource;
  readonly outbox: Outbox;
  /** What information_schema says now, by table id: what a row event cannot tell. */
  readonly schemas: Map<string, TableSchema>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A captured table's definition changed: `schemas` must be read again before the next event. */
  readonly onTableChanged: (table: TableTarget) => void;
  /** Called when rows were queued. */
  readonly onQueued: () => void;
}

/** Rows that are queued together at most; a flush takes whole groups. */
const GROUP_ROWS = 250;

/**
 * Turns the events of one binlog connection into records.
 *
 * Layouts come from the row events' own metadata, as of the moment they were written; table ids are only
 * unique within one run of the server, so each connection has an encoder of its own.
 */
export class StreamEncoder implements BinlogHandler {
  readonly #options: StreamEncoderOptions;
  readonly #layouts = new Map<number, TableLayout>();
  #transactionAt: BinlogPosition;
  /** Rows up to here were produced before this connection was opened. */
  #skipUpTo: RowPosition | null;
  readonly #open = new OpenTransaction();
  /** Rows of the transaction being read are queued, or were before this connection was opened. */
  #hasQueuedPart: boolean;

  constructor(options: StreamEncoderOptions) {
    const { position, done } = options.outbox.readUpTo;
    this.#options = options;
    this.#transactionAt = position;
    this.#skipUpTo = done;
    this.#hasQueuedPart = done !== null;
  }

  begin(context: EventContext): void {
    // Whatever ended the one before: only a file's end tells that a transaction has none.
    this.#queueOpen();
    this.#transactionAt = context.position;
    // While rows are skipped the queue must keep saying so: its place is further than this transaction's start.
    if (this.#skipUpTo === null) this.#options.outbox.commit(context.position, null);
  }

  commit(at: BinlogPosition, gtid: string | null): void {
    this.#queueOpen();
    this.#hasQueuedPart = false;
    this.#skipUpTo = null;
    this.#transactionAt = at;
    this.#options.outbox.commit(at, gtid);
  }

  /** The server died in the middle of writing a transaction that has no end here, and rolled it back. */
  rotate(to: BinlogPosition): void {
    const { file, pos } = this.#transactionAt;
    if (this.#hasQueuedPart)
      throw captureError(
        'CAPTURE_SOURCE_WENT_BACK',
        `the server died while it wrote the large transaction at ${file}:${pos}, whose first rows are captured already: snapshot again with whenPositionLost: 'resnapshot'`,
        { details: { file, pos } },
      );
    if (this.#open.take().length > 0)
      this.#options.logger.warn({ file, pos }, 'left out a transaction the server did not finish');
    this.commit(to, null);
  }

  tableMap(map: TableMap): void {
    if (this.#layouts.has(map.tableId)) return;
    const table = this.#options.config.tables.get(`${map.database}.${map.name}`);
    if (table !== undefined) this.#layouts.set(map.tableId, this.#createLayout(table, map));
  }

  rows(event: RowsEvent, context: EventContext): void {
    const layout = this.#layouts.get(event.tableId);
    if (layout === undefined) return;
    const write = createRowWriter(this.#createWriter(layout, context), layout, event);
    const count = event.kind === 'update' ? event.pairs.length : event.rows.length;
    const groupRows = Math.min(GROUP_ROWS, this.#options.config.maxFlushRecords);
    let row = this.#countDone(context.position, count);
    while (row < count) {
      const first = row;
      const records: NewRecord[] = [];
      for (const end = Math.min(count, first + groupRows); row < end; row += 1) write(row, records);
      this.#add(layout.table, context, { records, first, end: row });
    }
    if (!this.#open.isLarge) return;
    this.#hasQueuedPart = true;
    this.#queueOpen();
  }

  statement(sql: string, database: string, context: EventContext): void {
    this.#refuseRowStatement(sql, context);
    const statement = parseTableStatement(sql, database);
    for (const id of statement?.tables ?? []) {
      const table = this.#options.config.tables.get(id);
      if (table === undefined) continue;
      const fields = { table: id, file: context.position.file, pos: context.position.pos };
      if (statement?.kind === 'truncate') this.#truncate(table, context);
      else if (statement?.kind === 'drop')
        this.#options.logger.warn(fields, 'captured table dropped, its rows stay downstream');
      else {
        this.#options.logger.info(fields, 'captured table changed');
        this.#options.onTableChanged(table);
      }
    }
    this.commit(context.end, context.gtid);
  }

  #add(table: TableTarget, context: EventContext, group: RowGroup): void {
    this.#skipUpTo = null;
    this.#open.add({
      topic: table.topic,
      records: group.records,
      rows: group.end - group.first,
      place: { ...context.position, row: group.end - 1 },
      transactionAt: this.#transactionAt,
      changedAtMs: Math.floor(context.changedAtUs / 1000),
    });
  }

  #queueOpen(): void {
    const items = this.#open.take();
    if (items.length === 0) return;
    for (const item of items) this.#options.outbox.push(item);
    this.#options.onQueued();
  }

  /** How many of the rows of the event at `position` were produced before this connection was opened. */
  #countDone(position: BinlogPosition, rows: number): number {
    if (this.#skipUpTo === null) return 0;
    const order = comparePositions(position, this.#skipUpTo);
    if (order !== 0) return order < 0 ? rows : 0;
    return this.#skipUpTo.row + 1;
  }

  #createWriter(layout: TableLayout, context: EventContext): EnvelopeWriter {
    return new EnvelopeWriter(
      this.#options.source,
      {
        layout,
        position: { ...context.position, row: 0 },
        changedAtUs: context.changedAtUs,
        serverId: context.serverId,
        gtid: context.gtid,
        thread: context.thread,
        snapshot: 'false',
      },
      this.#options.clock.now(),
    );
  }

  /** As Debezium: one record, no key, in one partition; loaders remove what is older than its position. */
  #truncate(table: TableTarget, context: EventContext): void {
    const columns: ColumnDefinition[] = [];
    const layout = { table, columns } as unknown as TableLayout;
    if (this.#countDone(context.position, 1) > 0) return;
    const value = this.#createWriter(layout, context).write('t', 0, {});
    const records = [{ key: null, value, partition: 0 }];
    this.#add(table, context, { records, first: 0, end: 1 });
  }

  /** Under STATEMENT or MIXED format changes come as SQL text, which nobody can turn into rows. */
  #refuseRowStatement(sql: string, context: EventContext): void {
    if (!/^(insert|update|delete|replace|load|merge|with)\b/i.test(sql)) return;
    const tables = [...this.#options.config.tables.values()];
    const table = tables.find(({ name }) =>
      new RegExp(`\\b${escapePattern(name)}\\b`, 'i').test(sql),
    );
    if (table === undefined) return;
    throw captureError(
      'CAPTURE_UNSUPPORTED_EVENT',
      `a change that may concern ${table.id} is in the binlog as a statement, not as rows: set global binlog_format = 'ROW', reconnect the sessions that changed it, then snapshot again`,
      { details: { table: table.id, file: context.position.file, pos: context.position.pos } },
    );
  }

  #createLayout(table: TableTarget, map: TableMap): TableLayout {
    if (map.columns === undefined)
      throw captureError(
        'CAPTURE_SCHEMA_UNKNOWN',
        `row events of ${table.id} do not name their columns: set global binlog_row_metadata = 'FULL', then snapshot again`,
        { details: { table: table.id } },
      );
    const schema = this.#options.schemas.get(table.id);
    const columns = map.columns.map((column) => {
      const known = schema?.columns.find((candidate) => candidate.name === column.name);
      const type = this.#resolveType(table, { ...column, known });
      return { name: column.name, type, nullable: known?.nullable ?? true };
    });
    const { decimals } = this.#options.config;
    return createTableLayout({ table, columns, keyColumns: map.keyColumns, decimals });
  }

  /** MariaDB's UUID and INET4 travel as BINARY(16) and BINARY(4): only the table's definition tells. */
  #resolveType(
    table: TableTarget,
    column: {
      readonly name: string;
      readonly type: string;
      readonly known: ColumnDefinition | undefined;
    },
  ): ColumnType {
    const type = parseColumnType(column.type);
    const isAmbiguous = type.base === 'binary' && (type.length === 16 || type.length === 4);
    if (!isAmbiguous || this.#options.source.connector === 'mysql') return type;
    if (column.known === undefined)
      throw captureError(
        'CAPTURE_SCHEMA_UNKNOWN',
        `column ${table.id}.${column.name} of the binlog is no longer in the table, so whether it held bytes, a UUID or an address cannot be told: snapshot again`,
        { details: { table: table.id, column: column.name } },
      );
    return ['uuid', 'inet4'].includes(column.known.type.base) ? column.known.type : type;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Records of the rows `first` to `end` (exclusive) of an event. */
interface RowGroup {
  readonly records: readonly NewRecord[];
  readonly first: number;
  readonly end: number;
}
