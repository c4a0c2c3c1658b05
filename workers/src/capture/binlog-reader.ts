import { withResolvers, type PromiseWithResolvers } from '@tidegate/engine/platform';
import ZongJi, {
  type AnyBinlogEvent,
  type BinlogEventByTypeName,
  type BinlogEventTypeName,
} from '@vlasky/zongji';
import type { Connection } from 'mysql2';

import type { ResolvedCaptureConfig } from './capture-config.ts';
import type { RowChanges } from './envelope.ts';
import { captureError } from './errors.ts';
import { tapEventHeaders, type HeaderTap } from './event-header-tap.ts';
import type { BinlogPosition } from './position.ts';
import { isAtLeast, type ServerInfo } from './server-info.ts';
import { toConnectionOptions } from './source-connection.ts';

/** One row event: all its rows share a table, a kind and a position. */
export interface RowsEvent extends RowChanges {
  readonly tableId: number;
}

/** Where the event being delivered stands. */
export interface EventContext {
  readonly position: BinlogPosition;
  readonly end: BinlogPosition;
  readonly changedAtUs: number;
  readonly serverId: number;
  readonly gtid: string | null;
  readonly thread: number | null;
}

export interface TableMap {
  readonly tableId: number;
  readonly database: string;
  readonly name: string;
  /** Undefined when the event does not describe its columns (`binlog_row_metadata` was not FULL). */
  readonly columns: readonly { readonly name: string; readonly type: string }[] | undefined;
  readonly keyColumns: readonly number[];
}

/** A full outbox, or a definition that is being read. */
export type PauseReason = 'full' | 'schema';

/** Calls arrive in binlog order, synchronously. Throwing ends the reader with that error. */
export interface BinlogHandler {
  /** A transaction starts at `context.position`. */
  begin(context: EventContext): void;
  tableMap(map: TableMap): void;
  rows(event: RowsEvent, context: EventContext): void;
  /** Everything before `at` is complete. */
  commit(at: BinlogPosition, gtid: string | null): void;
  /** The file ended; the stream goes on at `to`, the start of the next one. */
  rotate(to: BinlogPosition): void;
  statement(sql: string, database: string, context: EventContext): void;
}

const EVENTS = [
  ...['rotate', 'query', 'xid', 'gtid', 'anonymousgtid', 'mariadbgtid', 'xaprepare'],
  ...['tablemap', 'writerows', 'updaterows', 'deleterows'],
];

/** The server sends a sign of life this often when nothing happens. */
const HEARTBEAT_MS = 2_000;

export interface BinlogReaderOptions {
  readonly config: ResolvedCaptureConfig;
  readonly server: ServerInfo;
  readonly from: BinlogPosition;
  readonly handler: BinlogHandler;
}

/** Reads the binlog from a position until stopped or lost; never reconnects by itself. */
export class BinlogReader {
  readonly #zongji: ZongJi;
  readonly #handler: BinlogHandler;
  readonly #tap: HeaderTap;
  readonly #lost: PromiseWithResolvers<Error | undefined>;
  #thread: number | null = null;
  #isPreparedXa = false;
  readonly #pausedFor = new Set<PauseReason>();
  #isStopped = false;

  constructor({ config, server, from, handler }: BinlogReaderOptions) {
    this.#handler = handler;
    this.#lost = withResolvers();
    this.#zongji = new ZongJi(toConnectionOptions(config.source));
    this.#tap = tapEventHeaders(this.#zongji, from);
    this.#zongji.on('error', (error) => this.#end(error));
    this.#zongji.on('binlog', (event) => this.#deliver(event));
    this.#zongji.on('ready', () => this.#prepareConnection());
    this.#zongji.start({
      serverId: config.serverId,
      filename: from.file,
      position: from.pos,
      includeEvents: EVENTS,
      includeSchema: toSchemaFilter(config),
      // Their lengths count: these versions leave out where an event ends within a transaction.
      requestAnnotateRows: server.connector === 'mariadb' && isAtLeast(server, '11.4'),
    });
  }

  /** Resolves when the reader ended: with the error, or `undefined` after `stop`. */
  get ended(): Promise<Error | undefined> {
    return this.#lost.promise;
  }

  get lastPacketAtMs(): number {
    return this.#tap.lastPacketAtMs;
  }

  get isPaused(): boolean {
    return this.#pausedFor.size > 0;
  }

  /** Stops reading until every reason given is taken back. */
  pause(reason: PauseReason): void {
    this.#pausedFor.add(reason);
    this.#zongji.connection?.pause();
  }

  resume(reason: PauseReason): void {
    if (!this.#pausedFor.delete(reason) || this.isPaused) return;
    this.#tap.lastPacketAtMs = Date.now();
    this.#zongji.connection?.resume();
  }

  stop(): void {
    this.#end(undefined);
  }

  /** Ends the reader with an error found outside it. */
  fail(error: Error): void {
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#zongji.stop();
    this.#lost.resolve(error);
  }

  #prepareConnection(): void {
    const connection = this.#zongji.connection as Connection;
    // Both names: MariaDB and MySQL to 8.0 know the first, MySQL 8.4 the second; the other is a harmless
    // user variable. Nanoseconds.
    const period = HEARTBEAT_MS * 1_000_000;
    connection.query(
      `set @master_heartbeat_period = ${period}, @source_heartbeat_period = ${period}`,
      (error: Error | null) => {
        if (error !== null) this.#end(error);
      },
    );
    // A server that shuts down may end the stream without an error packet.
    const socket = (connection as unknown as { stream: NodeJS.EventEmitter }).stream;
    socket.once('close', () =>
      this.#end(
        captureError('CAPTURE_SOURCE_UNREACHABLE', 'the server closed the binlog connection', {
          retriable: true,
        }),
      ),
    );
  }

  #deliver(event: AnyBinlogEvent): void {
    if (this.#isStopped) return;
    try {
      this.#dispatch(event);
    } catch (thrown) {
      this.#end(thrown as Error);
    }
  }

  #context(event: AnyBinlogEvent): EventContext {
    const { file, start, end, serverId, changedAtUs } = this.#tap;
    return {
      position: { file, pos: start },
      end: { file, pos: end },
      changedAtUs,
      serverId,
      gtid: event.gtid ?? null,
      thread: this.#thread,
    };
  }

  #dispatch(event: AnyBinlogEvent): void {
    if (isEvent(event, 'TableMap')) this.#deliverTableMap(event);
    else if (isEvent(event, 'WriteRows')) this.#deliverRows('insert', event);
    else if (isEvent(event, 'DeleteRows')) this.#deliverRows('delete', event);
    else if (isEvent(event, 'UpdateRows')) this.#deliverRows('update', event);
    else this.#dispatchControl(event);
  }

  #dispatchControl(event: AnyBinlogEvent): void {
    const context = this.#context(event);
    if (isEvent(event, 'Rotate')) {
      const pos = event.position;
      const isRealEnd = this.#tap.moveTo(event.binlogName, pos);
      if (isRealEnd) this.#handler.rotate({ file: event.binlogName, pos });
    } else if (isEvent(event, 'MariadbGtid')) {
      this.#begin(context, event.preparedXa, event.threadId ?? null);
    } else if (isEvent(event, 'Gtid') || isEvent(event, 'AnonymousGtid')) {
      this.#begin(context, false, null);
    } else if (isEvent(event, 'Xid')) {
      this.#handler.commit(context.end, context.gtid);
    } else if (isEvent(event, 'Query')) {
      this.#deliverQuery(event, context);
    }
  }

  #begin(context: EventContext, isPreparedXa: boolean, thread: number | null): void {
    this.#thread = thread;
    this.#isPreparedXa = isPreparedXa;
    this.#handler.begin(context);
  }

  #deliverQuery(event: BinlogEventByTypeName<'Query'>, context: EventContext): void {
    const sql = event.query.trim();
    if (/^begin$/i.test(sql)) this.#thread = event.slaveProxyId;
    else if (/^xa\s+start/i.test(sql)) this.#isPreparedXa = true;
    else if (/^(commit|rollback)$/i.test(sql)) this.#handler.commit(context.end, context.gtid);
    else if (!/^(savepoint|rollback\s+to|release|xa)\b/i.test(sql))
      this.#handler.statement(sql, event.schema, context);
  }

  #deliverTableMap(event: BinlogEventByTypeName<'TableMap'>): void {
    const entry = this.#zongji.tableMap[event.tableId];
    const isDescribed = event.columnNames?.length === event.columnCount;
    this.#handler.tableMap({
      tableId: event.tableId,
      database: event.schemaName,
      name: event.tableName,
      columns: isDescribed
        ? entry?.columnSchemas.map((column) => ({
            name: column.COLUMN_NAME,
            type: column.COLUMN_TYPE,
          }))
        : undefined,
      keyColumns: event.primaryKey ?? [],
    });
  }

  #deliverRows(
    kind: RowsEvent['kind'],
    event: BinlogEventByTypeName<'WriteRows' | 'DeleteRows' | 'UpdateRows'>,
  ): void {
    if (this.#isPreparedXa)
      throw captureError(
        'CAPTURE_UNSUPPORTED_EVENT',
        'a captured table was changed in a prepared XA transaction, whose outcome its rows do not show: use ordinary transactions on captured tables, then snapshot again',
      );
    const images = event as unknown as RowImages;
    assertFullImage(images.columns_present_bitmap, event.numberOfColumns);
    assertFullImage(images.columns_present_bitmap2, event.numberOfColumns);
    const rows = event.rows as never;
    this.#handler.rows(
      {
        kind,
        tableId: event.tableId,
        rows: kind === 'update' ? [] : rows,
        pairs: kind === 'update' ? rows : [],
      },
      this.#context(event),
    );
  }
}

interface RowImages {
  readonly columns_present_bitmap?: Buffer;
  readonly columns_present_bitmap2?: Buffer;
}

/** A session may lower binlog_row_image for itself; a column that is absent would read as null. */
function assertFullImage(present: Buffer | undefined, columns: number): void {
  for (let i = 0; present !== undefined && i < columns; i += 1)
    if (((present[i >> 3] ?? 0) & (1 << (i & 7))) === 0)
      throw captureError(
        'CAPTURE_UNSUPPORTED_EVENT',
        "a row event lacks columns: a session changed a captured table under binlog_row_image other than FULL: set global binlog_row_image = 'FULL', keep sessions from changing it, then snapshot again",
      );
}

function isEvent<N extends BinlogEventTypeName>(
  event: AnyBinlogEvent,
  name: N,
): event is BinlogEventByTypeName<N> {
  return event.getTypeName() === name;
}

function toSchemaFilter(config: ResolvedCaptureConfig): Record<string, string[]> {
  const filter: Record<string, string[]> = {};
  for (const { database, name } of config.tables.values()) (filter[database] ??= []).push(name);
  return filter;
}
