import { TidegateError } from '@tidegate/engine/platform';

/**
 * Codes of the capture.
 *
 * - `CAPTURE_CONFIG_INVALID`: the capture's own configuration contradicts itself. Cause: a table without
 *   a database, an empty prefix. Remedy: named in the message, all faults at once.
 * - `CAPTURE_SOURCE_NOT_READY`: the server, its settings, the grants or the tables do not allow exact
 *   capture. Remedy: each fault carries the statement that mends it (`details.faults`).
 * - `CAPTURE_SOURCE_UNREACHABLE`: nobody answers at the address. Cause: server down, wrong host or port.
 *   Retriable: a running capture waits and retries by itself; only the first start reports it.
 * - `CAPTURE_POSITION_PURGED`: the server deleted the binlog file that comes next. Cause: the capture was
 *   away longer than `binlog_expire_logs_seconds`. Remedy: snapshot again (`whenPositionLost: 'resnapshot'`).
 * - `CAPTURE_SOURCE_WENT_BACK`: the binlog ends before the position already captured, or is another one.
 *   Cause: `RESET MASTER`, a restored backup, another server, a crash without `sync_binlog=1`. Remedy:
 *   snapshot again, which starts a new epoch.
 * - `CAPTURE_SCHEMA_UNKNOWN`: a row event does not say its columns, or they cannot be told apart. Cause:
 *   written before `binlog_row_metadata=FULL`, or the column was dropped since. Remedy: snapshot again.
 * - `CAPTURE_NO_PRIMARY_KEY`: a captured table lost its primary key. Remedy: add one, snapshot again.
 * - `CAPTURE_UNSUPPORTED_EVENT`: the binlog holds a change that cannot be decoded exactly (compressed
 *   transaction payload, partial JSON, prepared XA). Remedy: in the message.
 * - `CAPTURE_STATE_UNREADABLE`: the state record in the topic log is not ours. Remedy: another prefix, or
 *   delete the state topic and snapshot again.
 */
export type CaptureErrorCode =
  | 'CAPTURE_CONFIG_INVALID'
  | 'CAPTURE_SOURCE_NOT_READY'
  | 'CAPTURE_SOURCE_UNREACHABLE'
  | 'CAPTURE_POSITION_PURGED'
  | 'CAPTURE_SOURCE_WENT_BACK'
  | 'CAPTURE_SCHEMA_UNKNOWN'
  | 'CAPTURE_NO_PRIMARY_KEY'
  | 'CAPTURE_UNSUPPORTED_EVENT'
  | 'CAPTURE_STATE_UNREADABLE';

interface CaptureErrorOptions {
  readonly retriable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error of this area: `code` is one of `CaptureErrorCode`. */
export function captureError(
  code: CaptureErrorCode,
  message: string,
  options: CaptureErrorOptions = {},
): TidegateError {
  return new TidegateError(code, message, options);
}

/** Two captures of one prefix: the newer one took over. Same word as the topic log's. */
export function fencedError(prefix: string, cause?: unknown): TidegateError {
  return new TidegateError(
    'PRODUCER_FENCED',
    `another capture of "${prefix}" took over: this one ends. Run one capture a prefix.`,
    { details: { prefix }, cause },
  );
}
