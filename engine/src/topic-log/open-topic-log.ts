import type { AdministeredTopicLog } from './administration.ts';
import type { MemoryTopicLogOptions } from './memory.ts';
import type { PostgresTopicLogOptions } from './postgres/postgres-topic-log.ts';

export type TopicLogConfig =
  | ({ readonly kind: 'postgres' } & PostgresTopicLogOptions)
  | ({ readonly kind: 'memory' } & MemoryTopicLogOptions);

/** Opens the configured topic log; an adapter's client library loads only when it is asked for. */
export async function openTopicLog(config: TopicLogConfig): Promise<AdministeredTopicLog> {
  switch (config.kind) {
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
