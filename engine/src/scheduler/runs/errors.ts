import { TidegateError } from '../../platform/errors.ts';

/**
 * Codes of the making of runs. The upper ones end up as the `reason` of a failed run or as what a run waits
 * for; the lower ones refuse a request.
 */
export const RUN_ERRORS = {
  /**
   * Retention removed records before a run had read them. Usual cause: the DAG was paused, or failed, for
   * longer than the topic keeps records. Restore them from the source (a new snapshot); then mark the failed
   * run a success to go on at the log's start.
   */
  rangeLost: 'RANGE_LOST',
  /**
   * The topic is not the one this stream has read: it ends before the cursor, or the record last planned is
   * another one now. Usual cause: it was deleted and created again. Reset the stream: it starts at the new
   * topic's start.
   */
  topicRecreated: 'TOPIC_RECREATED',
  /**
   * The topic drops records by key, so history would have holes. Set `cleanup.policy=delete`, or declare
   * `topic(…, { history: false })`.
   */
  topicCompacted: 'TOPIC_COMPACTED',
  /** No such DAG, or its file no longer exports it. Check the id. */
  dagUnknown: 'DAG_UNKNOWN',
  /** The params do not satisfy the DAG's schema. The message names the field. */
  paramsInvalid: 'PARAMS_INVALID',
  /** A trigger's arguments contradict each other or do not fit the DAG. The message names them. */
  triggerInvalid: 'TRIGGER_INVALID',
  /** A run with this run id or logical date exists and was asked for with other arguments. */
  runExists: 'RUN_EXISTS',
  /** A live run of this stream failed and blocks it. Clear it, or mark it a success. */
  streamBlocked: 'STREAM_BLOCKED',
  /** Other schedulers moved the stream on each time it was looked at. Rare; try again. */
  streamBusy: 'STREAM_BUSY',
} as const;

/** Why a run cannot read its topic, kept as the failed run's `reason` and `note`. */
export interface LogLoss {
  readonly code: 'RANGE_LOST' | 'TOPIC_RECREATED' | 'TOPIC_COMPACTED';
  readonly note: string;
}

export function rangeLost(
  topic: string,
  lost: { readonly partition: number; readonly from: number; readonly to: number },
): LogLoss {
  return {
    code: RUN_ERRORS.rangeLost,
    note:
      `Retention of topic ${topic} removed offsets ${lost.from} to ${lost.to - 1} of partition ` +
      `${lost.partition} before they were read. Restore them from the source (a new snapshot), then mark ` +
      `this run a success: the stream goes on at offset ${lost.to}.`,
  };
}

export function topicRecreated(topic: string, found: string): LogLoss {
  return {
    code: RUN_ERRORS.topicRecreated,
    note:
      `Topic ${topic} is not the one this DAG has read: ${found}. Reset the stream to read the new topic ` +
      `from its start.`,
  };
}

export function topicCompacted(topic: string): LogLoss {
  return {
    code: RUN_ERRORS.topicCompacted,
    note:
      `Topic ${topic} is compacted, so it drops records and history would have holes. Set ` +
      `cleanup.policy=delete, or declare topic('${topic}', { history: false }); then clear this run.`,
  };
}

export function triggerInvalid(
  message: string,
  details: Record<string, unknown> = {},
): TidegateError {
  return new TidegateError(RUN_ERRORS.triggerInvalid, message, { details });
}
