import type { Json } from '../platform/json.ts';
import type { LogRecord } from '../topic-log/topic-log.ts';

/** The one argument of every task function. Its functions may be destructured. */
export interface TaskContext<Input = unknown, Params = unknown> {
  /** Outputs of the tasks named under `input`. */
  readonly input: Input;
  readonly params: Params;
  readonly run: RunContext;
  readonly task: TaskIdentity;
  /** The run's own range of its topic. Empty when the DAG has no `source`. */
  readonly source: TaskSource;
  readonly log: TaskLog;
  /** Aborts on timeout, clear, worker shutdown or a lost lease. */
  readonly signal: AbortSignal;
  /** A connection the task may use (`connections` in its options). Throws `CONNECTION_UNKNOWN`. */
  readonly connection: (id: string) => Promise<Connection>;
  /** Throws `VARIABLE_UNKNOWN`. */
  readonly variable: (id: string) => Promise<string>;
  /** Shown in the console; cheap, call it as often as you like. */
  readonly progress: (done: number, total?: number) => void;
  /** Says what the task waits for (an outage), `undefined` when it goes on. */
  readonly waitingFor: (what: string | undefined) => void;
}

export interface RunContext {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: 'scheduled' | 'manual' | 'backfill' | 'asset_triggered';
  /** ISO instants; null where the run has none (manual and `onRecords` runs have no logical date). */
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly runAfter: string;
  /** `backfill` for replays and backfills. */
  readonly lane: 'live' | 'backfill';
}

export interface TaskIdentity {
  readonly id: string;
  /** -1 unless the task is mapped. */
  readonly mapIndex: number;
  readonly tryNumber: number;
  /**
   * Names the load this task instance does: stable across tries, new after a clear. The ledger of a
   * target knows loads by it.
   */
  readonly loadId: string;
  /** Names the task instance in a target's fence table. */
  readonly fenceKey: string;
  /** Monotone: a target that saw a higher one refuses this try. */
  readonly fenceToken: number;
}

export interface TaskSource {
  readonly ranges: readonly SourceRange[];
  /** Sum of `to - from`: an upper bound, since offsets may have gaps. */
  readonly records: number;
  /**
   * The records of the run's ranges in batches, one partition after the other, each in offset order. Reading
   * it twice gives the same records. Buffers are only valid until the next batch is asked for.
   */
  read(options?: { readonly maxBytes?: number }): AsyncIterable<SourceBatch>;
}

export interface SourceRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface SourceBatch {
  readonly range: SourceRange;
  readonly records: readonly LogRecord[];
}

/** `log.info('read it')` or `log.info({ rows }, 'loaded')`. */
export interface TaskLog {
  debug(fieldsOrMessage: object | string, message?: string): void;
  info(fieldsOrMessage: object | string, message?: string): void;
  warn(fieldsOrMessage: object | string, message?: string): void;
  error(fieldsOrMessage: object | string, message?: string): void;
}

/** A connection as a task sees it; `uri` carries the credentials. */
export interface Connection {
  readonly id: string;
  /** `postgres`, `mysql`, `clickhouse`, `http`, … */
  readonly type: string;
  readonly uri: string;
  readonly extra: Readonly<Record<string, Json>>;
}
