import type { AdministeredTopicLog } from './administration.ts';
import type { KafkaTopicLogOptions } from './kafka/kafka-options.ts';
import type { MemoryTopicLogOptions } from './memory.ts';
import type { PostgresTopicLogOptions } from './postgres/postgres-topic-log.ts';

export type TopicLogConfig =
  | ({ readonly kind: 'kafka' } & KafkaTopicLogOptions)
  | ({ readonly kind: 'postgres' } & PostgresTopicLogOptions)
  | ({ readonly kind: 'memory' } & MemoryTopicLogOptions);

/** Opens the configured topic log; an adapter's client library loads only when it is asked for. */
export async function openTopicLog(config: TopicLogConfig): Promise<AdministeredTopicLog> {
  switch (config.kind) {
    case 'kafka': {
      const { openKafkaTopicLog } = await import('./kafka/kafka-topic-log.ts');
      return openKafkaTopicLog(config);
    }
    case 'postgres': {
      const { openPostgresTopicLog } = await import('./postgres/postgres-topic-log.ts');
      return openPostgresTopicLog(config);
    }
    case 'memory': {
      const { MemoryTopicLog } = await import('./memory.ts');
      return new MemoryTopicLog(config);
    }
  }
}
