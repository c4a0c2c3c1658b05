import { BugError } from '@tidegate/engine/platform';
import type { StandaloneConfig } from '@tidegate/standalone/process';

type Kafka = NonNullable<StandaloneConfig['kafka']>;

/** A value the reader of the configuration has found there already. */
export function requireValue(value: string | undefined): string {
  if (value === undefined) throw new BugError('a service started without a variable it needs');
  return value;
}

/** As `requireValue`, for the brokers. */
export function requireKafka(kafka: Kafka | undefined): Kafka {
  if (kafka === undefined) throw new BugError('a service started without the brokers it needs');
  return kafka;
}
