import type { SourceBatch, SourceRange, TaskSource } from '@tidegate/engine/dag';
import { TidegateError } from '@tidegate/engine/platform';
import type { TopicLog } from '@tidegate/engine/topic-log';
import type { TracedTask } from '@tidegate/engine/tracing';

import { WORKER_ERRORS } from '../errors.ts';

export interface TaskSourceOptions {
  readonly ranges: readonly SourceRange[];
  /** Opens the process's topic log, or answers the open one. */
  readonly openLog: () => Promise<TopicLog>;
  readonly signal: AbortSignal;
  readonly waitingFor: (what: string | undefined) => void;
  readonly traced?: Pick<TracedTask, 'saw'>;
}

/** The run's ranges, read from the topic log: the same records at every reading. */
export function createTaskSource({ ranges, ...options }: TaskSourceOptions): TaskSource {
  return {
    ranges,
    records: ranges.reduce((sum, range) => sum + range.to - range.from, 0),
    read: async function* (reading = {}): AsyncGenerator<SourceBatch> {
      const filled = ranges.filter((range) => range.to > range.from);
      if (filled.length === 0) return;
      const log = await options.openLog();
      for (const range of filled) {
        const batches = log.readRange(range.topic, range.partition, range, {
          ...reading,
          signal: options.signal,
          onWait: options.waitingFor,
        });
        for await (const records of batches) {
          options.traced?.saw(records);
          yield { range, records };
        }
      }
    },
  };
}

/** For a worker that was given no topic log. */
export function refuseTopicLog(): never {
  throw new TidegateError(
    WORKER_ERRORS.topicLogMissing,
    'this worker was given no topic log: set TIDEGATE_KAFKA_BROKERS, or run the task where one is configured',
  );
}
