import { TidegateError } from '@tidegate/engine/platform';

/**
 * Codes of change decoding. The first group is kept with a quarantined record; the second fails the task.
 *
 * - `RECORD_NOT_JSON`: the value is not UTF-8 or not JSON. Cause: another converter (Avro, Protobuf) or a
 *   stray producer. Remedy: set the JSON converter; replay the record from quarantine once it reads.
 * - `RECORD_UNKNOWN`: JSON, yet neither a change event nor one of the records a connector writes besides.
 *   Remedy: check that the topic is the table's own.
 * - `OPERATION_UNKNOWN`: an `op` that is none of c, r, u, d, t, m. Remedy: as above.
 * - `COLUMN_MISSING`: the row lacks a column the table declares. Cause: renamed or dropped at the source.
 *   Remedy: change the table's description, then clear the run.
 * - `COLUMN_UNREADABLE`: a value that is not what the column's type allows. Cause: a changed type, or a
 *   converter setting (`decimals`, `times`) other than the table says. Remedy: correct the description.
 * - `POSITION_MISSING`: the stream has source positions, this record has none.
 * - `POSITION_TOO_LARGE`: file number, position or epoch beyond what a version holds.
 * - `TRUNCATE_UNPLACED`: a truncate in a stream without source positions cannot be ordered.
 * - `MARKER_UNPLACED`: the end of a re-snapshot in a stream that is ordered by offsets. Remedy: load what our
 *   own capture writes into tables that no other producer's changes were loaded into.
 * - `VALUE_UNAVAILABLE`: the source left out a value that the change did not touch, and it cannot be had from
 *   current: the row is not there, or the mapping computes something from it. Remedy: log full rows at the
 *   source (MySQL: `binlog_row_image=FULL`, PostgreSQL: `replica identity full`).
 * - `MAP_FAILED`: the row mapping threw. Remedy: correct it, then clear the run.
 */
export type RecordErrorCode =
  | 'RECORD_NOT_JSON'
  | 'RECORD_UNKNOWN'
  | 'OPERATION_UNKNOWN'
  | 'COLUMN_MISSING'
  | 'COLUMN_UNREADABLE'
  | 'POSITION_MISSING'
  | 'POSITION_TOO_LARGE'
  | 'TRUNCATE_UNPLACED'
  | 'MARKER_UNPLACED'
  | 'VALUE_UNAVAILABLE'
  | 'MAP_FAILED';

/**
 * - `SOURCE_WENT_BACKWARDS`: a newer change has an older binlog position. Cause: the source was replaced,
 *   restored or its binlog reset, or another producer took over from our capture. Remedy: add a
 *   `tidegate.stream_epoch` row that starts a new epoch at the offset named, then retry.
 * - `TABLE_INVALID`: a table description that contradicts itself. Remedy: in the message.
 */
export type DecodeErrorCode = 'SOURCE_WENT_BACKWARDS' | 'TABLE_INVALID';

/** One record cannot be applied: it goes to quarantine, the rest loads. */
export class RecordError extends TidegateError {
  declare readonly code: RecordErrorCode;

  constructor(code: RecordErrorCode, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
    this.name = 'RecordError';
  }
}

/** The table or its stream as a whole cannot be decoded: the task fails. */
export function decodeError(
  code: DecodeErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): TidegateError {
  return new TidegateError(code, message, { details });
}
