import { TidegateError } from '../platform/errors.ts';

/**
 * Codes of the topic log. Each says what it means, why it usually happens and what to do.
 *
 * - `TOPIC_MISSING`: the topic does not exist. Usually a misspelt name, or capture has not created it yet.
 *   Create it (`ensureTopic`), or correct the DAG's `source`.
 * - `PARTITION_MISSING`: the topic has no such partition. Usually a range planned before the topic was
 *   re-created with fewer. Plan the range again.
 * - `RANGE_LOST`: retention removed records of the range before they were read. Restore them from the
 *   source (a new snapshot) or move the cursor to the log's start, which leaves a known hole.
 * - `RANGE_BEYOND_END`: the range ends behind the last stable offset: the topic was re-created or
 *   truncated, or a transaction is still open. Re-create the stream's cursor, or wait for the transaction.
 * - `PRODUCER_FENCED`: a newer producer with the same transactional id took over. The older process exits.
 * - `RECORD_TOO_LARGE`: one record is larger than the log accepts. Raise `max.message.bytes` of the topic
 *   or make the record smaller.
 * - `KEY_REQUIRED`: a record without a key for a compacted topic, which keeps the newest record of each key.
 * - `RECORD_CORRUPT`: stored bytes do not decode, or their checksum differs. Check the disk of the log;
 *   nothing is skipped, so the run fails until the bytes are right or the range is given up.
 * - `CODEC_MISSING`: a batch is compressed with a codec this build cannot read. Set another
 *   `compression.type` at the producer.
 * - `LOG_UNAVAILABLE`: the log did not answer within the time limit of the call. Retriable.
 * - `APPEND_OUTCOME_UNKNOWN`: the connection broke after an append was sent and the log did not come back
 *   within the time limit: the records may or may not be stored. Read the log's end before repeating them.
 * - `LOG_ACCESS_DENIED`: the log refuses this user. Check user, password and grants; never retried.
 * - `LOG_UNSUPPORTED`: the server or the client library lacks something needed. Check the versions.
 * - `LOG_CLOSED`: a call after `close()`.
 * - `READ_ABORTED`: the caller's signal ended the read; not a fault.
 */
export type TopicLogErrorCode =
  | 'TOPIC_MISSING'
  | 'PARTITION_MISSING'
  | 'RANGE_LOST'
  | 'RANGE_BEYOND_END'
  | 'PRODUCER_FENCED'
  | 'RECORD_TOO_LARGE'
  | 'KEY_REQUIRED'
  | 'RECORD_CORRUPT'
  | 'CODEC_MISSING'
  | 'LOG_UNAVAILABLE'
  | 'APPEND_OUTCOME_UNKNOWN'
  | 'LOG_ACCESS_DENIED'
  | 'LOG_UNSUPPORTED'
  | 'LOG_CLOSED'
  | 'READ_ABORTED';

const RETRIABLE: ReadonlySet<TopicLogErrorCode> = new Set(['TOPIC_MISSING', 'LOG_UNAVAILABLE']);

/** An error of the topic log: branch on `code`. */
export class TopicLogError extends TidegateError {
  declare readonly code: TopicLogErrorCode;

  constructor(
    code: TopicLogErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, { ...options, retriable: RETRIABLE.has(code) });
    this.name = 'TopicLogError';
  }
}

/** True for a `TopicLogError` with one of these codes. */
export function isTopicLogError(
  thrown: unknown,
  ...codes: readonly TopicLogErrorCode[]
): thrown is TopicLogError {
  return thrown instanceof TopicLogError && (codes.length === 0 || codes.includes(thrown.code));
}

export function topicMissing(topic: string): TopicLogError {
  return new TopicLogError(
    'TOPIC_MISSING',
    `topic ${topic} does not exist: check its name, or wait for capture to create it`,
    { details: { topic } },
  );
}

export function partitionMissing(topic: string, partition: number): TopicLogError {
  return new TopicLogError(
    'PARTITION_MISSING',
    `topic ${topic} has no partition ${partition}: it was re-created with fewer, plan the range again`,
    { details: { topic, partition } },
  );
}

export function keyRequired(topic: string): TopicLogError {
  return new TopicLogError(
    'KEY_REQUIRED',
    `a record without a key cannot go into ${topic}: it is compacted and keeps the newest record of each key`,
    { details: { topic } },
  );
}

export function producerFenced(transactionalId: string, cause?: Error): TopicLogError {
  return new TopicLogError(
    'PRODUCER_FENCED',
    `a newer producer took over the id ${transactionalId}: this process stops writing and exits`,
    { details: { transactionalId }, cause },
  );
}

/** For calls after `close()` of a log or producer (`what`). */
export function logClosed(what: string): TopicLogError {
  return new TopicLogError('LOG_CLOSED', `this ${what} is closed: open another`);
}
