import type { TopicLog } from './topic-log.ts';

/** What operators and tests do to topics; pipelines never need it. */
export interface TopicLogAdministration {
  /** Raises the partition count to `partitions`; existing records stay where they are. */
  addPartitions(topic: string, partitions: number): Promise<void>;
  /** Retention by hand: records before the given offset of a partition are gone for good. */
  deleteRecordsBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void>;
  /** Removes the topic and all of its records. Nothing happens when it does not exist. */
  deleteTopic(topic: string): Promise<void>;
}

export type AdministeredTopicLog = TopicLog & TopicLogAdministration;

/** Deletes what is older than `at`: for logs without a retention of their own (`postgres`, `memory`). */
export async function deleteRecordsOlderThan(
  log: AdministeredTopicLog,
  topic: string,
  at: Date,
): Promise<void> {
  await log.deleteRecordsBefore(topic, await log.offsetsAt(topic, at));
}
