import type { TopicLogConfig } from '@tidegate/engine/topic-log';

import type { KafkaConfig } from './config.ts';

/** The topic log on a Kafka the environment names. */
export function kafkaTopicLog({ brokers, sasl, tls }: KafkaConfig): TopicLogConfig {
  return {
    kind: 'kafka',
    brokers,
    ...(sasl === undefined ? {} : { sasl }),
    ...(tls === undefined ? {} : { tls: tls.ca === undefined ? true : { ca: [tls.ca] } }),
  };
}
