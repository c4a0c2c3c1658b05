import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs';

import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { openKafkaSocket } from './kafka-socket.ts';

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaTls {
  /** PEM of the authorities to trust. (Default: the system's) */
  readonly ca?: readonly string[];
  /** PEM of the client's certificate and key, for mutual TLS. */
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface KafkaTopicLogOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  readonly sasl?: KafkaSasl;
  /** (Default: no encryption) */
  readonly tls?: KafkaTls | boolean;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Bytes of read-ahead over all ranges of this client. (Default: 64 MiB) */
  readonly readAheadBytes?: number;
  /** How long opening and look-ups wait for brokers. (Default: 30,000) */
  readonly connectLimitMs?: number;
  /** How long an append waits through an outage before it gives up. (Default: 120,000) */
  readonly appendLimitMs?: number;
  /** How long a transaction may stay open before the broker aborts it. (Default: 20,000) */
  readonly transactionTimeoutMs?: number;
  /** How long an unknown topic, or a range above the stable offset, is given to appear. (Default: 1,000) */
  readonly patienceMs?: number;
  /** Settings of topics this client creates, over `max.message.bytes` of 32 MiB. */
  readonly topicSettings?: Readonly<Record<string, string>>;
}

export const DEFAULTS = {
  clientId: 'tidegate',
  readAheadBytes: 64 * 1024 * 1024,
  connectLimitMs: 30_000,
  appendLimitMs: 120_000,
  transactionTimeoutMs: 20_000,
  patienceMs: 1_000,
  topicSettings: { 'max.message.bytes': String(32 * 1024 * 1024) },
} as const;

/** kafkajs' view of the options. It retries little: this adapter repeats whole operations itself. */
export function toKafkaConfig(options: KafkaTopicLogOptions, log: Logger): KafkaConfig {
  const { sasl, tls } = options;
  return {
    clientId: options.clientId ?? DEFAULTS.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 10_000,
    requestTimeout: 30_000,
    retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 200 },
    socketFactory: openKafkaSocket,
    logLevel: kafkajs.logLevel.INFO,
    // kafkajs logs as errors what it or we repeat; what matters reaches callers as an error.
    logCreator: () => (entry) => {
      log.debug({ kafka: entry.log, namespace: entry.namespace }, 'kafkajs');
    },
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
    ...(tls === undefined ? {} : { ssl: typeof tls === 'boolean' ? tls : toTlsOptions(tls) }),
  };
}

function toTlsOptions({ ca, ...rest }: KafkaTls): Exclude<KafkaConfig['ssl'], undefined> {
  return ca === undefined ? rest : { ...rest, ca: [...ca] };
}
