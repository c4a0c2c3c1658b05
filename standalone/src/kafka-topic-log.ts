import { readFileSync } from 'node:fs';

import type { TopicLogConfig } from '@tidegate/engine/topic-log';

import type { KafkaConfig } from './config.ts';

/** The topic log on a Kafka the environment names. */
export function kafkaTopicLog({ brokers, sasl, tls }: KafkaConfig): TopicLogConfig {
  const authority = tls?.caFile;
  return {
    kind: 'kafka',
    brokers,
    ...(sasl === undefined ? {} : { sasl }),
    ...(tls === undefined
      ? {}
      : { tls: authority === undefined ? true : { ca: [readFileSync(authority, 'utf8')] } }),
  };
}
