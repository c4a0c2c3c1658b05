import type { AdministeredTopicLog } from './administration.ts';
import type { PostgresTopicLogOptions } from './postgres/postgres-topic-log.ts';

export type TopicLogConfig = { readonly kind: 'postgres' } & PostgresTopicLogOptions;

/** Opens the configured topic log; the adapter's client library loads only then. */
export async function openTopicLog(config: TopicLogConfig): Promise<AdministeredTopicLog> {
  const { openPostgresTopicLog } = await import('./postgres/postgres-topic-log.ts');
  return openPostgresTopicLog(config);
}
