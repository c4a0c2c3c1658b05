/** Public surface of `@tidegate/engine/topic-log`. */
export {
  deleteRecordsOlderThan,
  type AdministeredTopicLog,
  type TopicLogAdministration,
} from './administration.ts';
export { isTopicLogError, TopicLogError, type TopicLogErrorCode } from './errors.ts';
export { openTopicLog, type TopicLogConfig } from './open-topic-log.ts';
export type { KafkaSasl, KafkaTls, KafkaTopicLogOptions } from './kafka/kafka-options.ts';
export { MemoryTopicLog, MemoryTopicStore, type MemoryTopicLogOptions } from './memory.ts';
export { murmur2, Partitioner } from './partitioner.ts';
export type { PostgresTopicLogOptions } from './postgres/postgres-topic-log.ts';
export type {
  EnsureTopicOptions,
  LogRecord,
  NewRecord,
  OffsetRange,
  PartitionBounds,
  PartitionLook,
  ReadOptions,
  RecordFingerprint,
  Subscription,
  TopicBatch,
  TopicLog,
  TransactionalProducer,
} from './topic-log.ts';
