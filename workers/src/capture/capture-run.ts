import { TidegateError, toError, type Clock, type Logger } from '@tidegate/engine/platform';
import type { TopicLog } from '@tidegate/engine/topic-log';
import type { Connection } from 'mysql2/promise';

import { backOff } from './back-off.ts';
import { BinlogReader } from './binlog-reader.ts';
import type { ResolvedCaptureConfig, TableTarget } from './capture-config.ts';
import type { CaptureSession } from './capture-session.ts';
import type { CaptureStatus, RateMeter } from './capture-status.ts';
import type { EnvelopeSource } from './envelope.ts';
import { captureError } from './errors.ts';
import { Outbox } from './outbox.ts';
import { assertPositionHeld, findFileAfter } from './server-info.ts';
import { SnapshotRunner } from './snapshot-runner.ts';
import { connectSource, describeSource, isCutFile, sqlErrorCode } from './source-connection.ts';
import { StreamEncoder } from './stream-encoder.ts';
import { findTableSchema, type TableSchema } from './table-schema.ts';

export interface RunDeps {
  readonly log: TopicLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: RateMeter;
}

/**
 * Rows read ahead of the flush under way: some flushes' worth. More only makes every row live longer, which
 * the garbage collector pays for; the bounds lie near each other so that reading goes on beside each flush.
 */
const PAUSE_ABOVE = 4_000;
const RESUME_BELOW = 3_000;
/** The server beats every 2 s: this much silence is a dead connection. */
const SILENCE_MS = 6_000;
const WATCH_MS = 1_000;
/** Behind the four bytes that mark a binlog file as one. */
const START_OF_FILE = 4;

/** One opened session at work: the stream and the snapshot side by side, until stopped or failed. */
export class CaptureRun {
  readonly #config: ResolvedCaptureConfig;
  readonly #session: CaptureSession;
  readonly #deps: RunDeps;
  readonly #outbox: Outbox;
  readonly #source: EnvelopeSource;
  readonly #schemas: Map<string, TableSchema>;
  #reader: BinlogReader | undefined;
  #isStopped = false;
  #announceStop: () => void = () => undefined;
  readonly #stopping = new Promise<void>((resolve) => {
    this.#announceStop = resolve;
  });
  #failure: Error | undefined;
  #waitingFor: string | undefined;
  #heardAtMs: number;

  constructor(config: ResolvedCaptureConfig, session: CaptureSession, deps: RunDeps) {
    this.#config = config;
    this.#session = session;
    this.#deps = deps;
    this.#heardAtMs = deps.clock.now();
    this.#schemas = new Map(session.checked.schemas);
    this.#source = {
      connector: session.state.connector,
      prefix: config.prefix,
      epoch: session.state.epoch,
    };
    this.#outbox = new Outbox({
      session: session.producer,
      state: session.state,
      stateTopic: config.stateTopic,
      maxRecords: config.maxFlushRecords,
      clock: deps.clock,
      onFailure: (error) => this.#end(error),
      onTaken: () => {
        if (this.#outbox.bufferedRows < RESUME_BELOW) this.#reader?.resume('full');
      },
      onFlushed: (rows) => deps.meter.add(rows),
    });
  }

  /** Runs until `stop` or a failure, which it throws. What was read before is produced first. */
  async run(): Promise<void> {
    const cancelWatch = this.#watch();
    try {
      await this.#outbox.claim();
      await Promise.all([this.#stream(), this.#snapshot()]);
      if (this.#failure === undefined) await this.#outbox.drain();
    } finally {
      cancelWatch();
      await this.#session.producer.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  stop(): void {
    this.#end(undefined);
  }

  status(phase: CaptureStatus['phase']): CaptureStatus {
    const { epoch, position, gtid, tables } = this.#outbox.state;
    return {
      phase: phase === 'streaming' && this.#waitingFor !== undefined ? 'waiting' : phase,
      reason: this.#waitingFor,
      epoch,
      position,
      gtid,
      lagMs: this.#lagMs(),
      rowsPerSecond: this.#deps.meter.perSecond,
      rows: this.#deps.meter.total,
      bufferedRows: this.#outbox.bufferedRows,
      snapshots: [...this.#config.tables.values()].map(({ id, topic }) => ({
        table: id,
        topic,
        status: tables[id]?.snapshot ?? 'pending',
        rows: tables[id]?.rows ?? 0,
      })),
    };
  }

  #lagMs(): number {
    const since = this.#waitingFor === undefined ? this.#outbox.oldestChangedAtMs : this.#heardAtMs;
    return since === undefined ? 0 : Math.max(0, this.#deps.clock.now() - since);
  }

  #end(error: Error | undefined): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#failure = error;
    this.#reader?.stop();
    this.#announceStop();
  }

  #hasEnded(): boolean {
    return this.#isStopped;
  }

  /** Repeats `work` through outages of the source, with pauses, until it is done or fails for good. */
  async #throughOutages(work: () => Promise<void>): Promise<void> {
    let attempt = 0;
    while (!this.#isStopped) {
      const startedAt = this.#deps.clock.now();
      try {
        await work();
        this.#waitingFor = undefined;
        return;
      } catch (thrown) {
        const error = toError(thrown);
        if (this.#hasEnded()) return;
        if (!isOutage(error)) {
          this.#end(error);
          return;
        }
        if (this.#deps.clock.now() - startedAt > SILENCE_MS) attempt = 0;
        this.#waitingFor = `the source at ${describeSource(this.#config.source)} to answer: ${error.message}`;
        this.#deps.logger.warn({ err: error, attempt }, 'source is away, trying again');
        await backOff(this.#deps.clock, attempt);
        attempt += 1;
      }
    }
  }

  async #stream(): Promise<void> {
    await this.#throughOutages(async () => {
      for (;;) {
        await this.#prepareStream();
        const encoder = this.#createEncoder();
        const reader = new BinlogReader({
          config: this.#config,
          server: this.#session.checked.server,
          from: this.#outbox.readUpTo.position,
          handler: encoder,
        });
        this.#reader = reader;
        this.#waitingFor = undefined;
        const error = await reader.ended;
        if (error === undefined) return;
        if (!isCutFile(error) || !(await this.#leaveCutFile(encoder))) throw error;
      }
    });
  }

  /**
   * MariaDB keeps the half of an event it was killed in the middle of writing, and no reader ever comes past
   * it (MySQL trims the file). Nothing that was committed can follow it. False: there is no further file yet.
   */
  async #leaveCutFile(encoder: StreamEncoder): Promise<boolean> {
    const connection = await connectSource(this.#config.source);
    try {
      const { file } = this.#outbox.readUpTo.position;
      const next = await findFileAfter(connection, file);
      if (next === undefined) return false;
      this.#deps.logger.warn({ file, next }, 'the server died while it wrote a file; going on');
      encoder.rotate({ file: next, pos: START_OF_FILE });
      return true;
    } finally {
      connection.destroy();
    }
  }

  async #prepareStream(): Promise<void> {
    const connection = await connectSource(this.#config.source);
    try {
      await assertPositionHeld(connection, this.#outbox.readUpTo.position);
      for (const table of this.#config.tables.values()) await this.#readSchema(connection, table);
    } finally {
      connection.destroy();
    }
  }

  async #readSchema(connection: Connection, table: TableTarget): Promise<void> {
    const schema = await findTableSchema(connection, table);
    if (schema !== undefined) this.#schemas.set(table.id, schema);
  }

  #createEncoder(): StreamEncoder {
    return new StreamEncoder({
      config: this.#config,
      source: this.#source,
      outbox: this.#outbox,
      schemas: this.#schemas,
      clock: this.#deps.clock,
      logger: this.#deps.logger,
      onTableChanged: (table) => this.#refreshSchema(table),
      onQueued: () => {
        if (this.#outbox.bufferedRows > PAUSE_ABOVE) this.#reader?.pause('full');
      },
    });
  }

  /** Holds the stream until the new definition is known, so that no later row meets the old one. */
  #refreshSchema(table: TableTarget): void {
    const reader = this.#reader;
    reader?.pause('schema');
    const refresh = async (): Promise<void> => {
      const connection = await connectSource(this.#config.source);
      try {
        await this.#readSchema(connection, table);
        reader?.resume('schema');
      } finally {
        connection.destroy();
      }
    };
    // A failure here is an outage: the stream is opened again, which reads all definitions.
    refresh().catch(() => reader?.fail(sourceLostError()));
  }

  async #snapshot(): Promise<void> {
    const runner = new SnapshotRunner({
      config: this.#config,
      source: this.#source,
      server: this.#session.checked.server,
      outbox: this.#outbox,
      log: this.#deps.log,
      clock: this.#deps.clock,
      logger: this.#deps.logger,
      isStopped: () => this.#isStopped,
    });
    await this.#throughOutages(async () => {
      if (runner.pending.length === 0) return;
      const connection = await connectSource(this.#config.source);
      try {
        const reading = runner.run(connection);
        // A query on a connection that is destroyed may never answer.
        reading.catch(() => undefined);
        await Promise.race([reading, this.#stopping]);
      } finally {
        connection.destroy();
      }
    });
  }

  /** A half-open connection delivers nothing, not even an error. */
  #watch(): () => void {
    let cancel = (): void => undefined;
    const look = (): void => {
      const reader = this.#reader;
      if (reader !== undefined && !reader.isPaused) {
        this.#heardAtMs = reader.lastPacketAtMs;
        if (this.#deps.clock.now() - reader.lastPacketAtMs > SILENCE_MS)
          reader.fail(sourceLostError());
      }
      cancel = this.#deps.clock.after(WATCH_MS, look);
    };
    look();
    return () => {
      cancel();
    };
  }
}

function sourceLostError(): Error {
  return captureError('CAPTURE_SOURCE_UNREACHABLE', 'the source stopped answering', {
    retriable: true,
  });
}

/** Errors of the connection, and of a table that changed under a snapshot, pass by themselves; these do not. */
const FATAL_SQL = new Set([
  'ER_PARSE_ERROR',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_BAD_FIELD_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
]);

function isOutage(error: Error): boolean {
  if (error instanceof TidegateError) return error.retriable;
  const code = sqlErrorCode(error);
  // The reader's own complaints carry no code: compressed payloads, partial JSON, unknown types.
  if (code === undefined) return 'fatal' in error && error.fatal === true;
  return !FATAL_SQL.has(code);
}
