import { TopicLogError } from '../errors.ts';

/** Error codes of the protocol that this adapter tells apart. */
export const CODE = {
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_REPLICATION_FACTOR: 38,
  OUT_OF_ORDER_SEQUENCE: 45,
  DUPLICATE_SEQUENCE: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_PRODUCER_ID_MAPPING: 49,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  KAFKA_STORAGE_ERROR: 56,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  INVALID_RECORD: 87,
  PRODUCER_FENCED: 90,
} as const;

/** Pass by themselves, mostly after a look at new metadata. */
const PASSING: ReadonlySet<number> = new Set([
  CODE.LEADER_NOT_AVAILABLE,
  CODE.NOT_LEADER,
  CODE.REQUEST_TIMED_OUT,
  CODE.BROKER_NOT_AVAILABLE,
  CODE.REPLICA_NOT_AVAILABLE,
  CODE.NETWORK_EXCEPTION,
  CODE.COORDINATOR_LOAD_IN_PROGRESS,
  CODE.COORDINATOR_NOT_AVAILABLE,
  CODE.NOT_COORDINATOR,
  // Too few brokers are up for a new topic.
  CODE.INVALID_REPLICATION_FACTOR,
  CODE.NOT_ENOUGH_REPLICAS,
  CODE.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  CODE.CONCURRENT_TRANSACTIONS,
  CODE.KAFKA_STORAGE_ERROR,
  CODE.FENCED_LEADER_EPOCH,
  CODE.UNKNOWN_LEADER_EPOCH,
  CODE.OFFSET_NOT_AVAILABLE,
]);

const REFUSALS: ReadonlySet<number> = new Set([
  CODE.TOPIC_AUTHORIZATION_FAILED,
  CODE.GROUP_AUTHORIZATION_FAILED,
  CODE.CLUSTER_AUTHORIZATION_FAILED,
  CODE.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  CODE.SASL_AUTHENTICATION_FAILED,
]);

const FENCES: ReadonlySet<number> = new Set([
  CODE.INVALID_PRODUCER_EPOCH,
  CODE.INVALID_PRODUCER_ID_MAPPING,
  CODE.PRODUCER_FENCED,
]);

/** An error code a response of ours carried; kafkajs throws its own class for the others. */
export class KafkaCodeError extends Error {
  readonly code: number;

  constructor(code: number, request: string) {
    super(`Kafka answered ${request} with error ${nameOf(code)}`);
    this.name = 'KafkaCodeError';
    this.code = code;
  }
}

function nameOf(code: number): string {
  const found = Object.entries(CODE).find(([, number]) => number === code);
  return found === undefined ? String(code) : `${found[0]} (${code})`;
}

const PROTOCOL_ERRORS: ReadonlySet<string> = new Set([
  'KafkaJSProtocolError',
  'KafkaJSCreateTopicError',
]);

/** The protocol's error code behind an error, through kafkajs' wrappers. */
export function codeOf(error: unknown): number | undefined {
  const root = unwrap(error);
  if (root instanceof KafkaCodeError) return root.code;
  if (!(root instanceof Error) || !PROTOCOL_ERRORS.has(root.name)) return undefined;
  return 'code' in root && typeof root.code === 'number' ? root.code : undefined;
}

export function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}

/** True when a newer producer took over the transactional id, or the broker ended its transaction. */
export function isFenced(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && FENCES.has(code);
}

/** kafkajs' errors for a broker that is away, slow or moved. */
const PASSING_NAMES: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
]);

/** True for errors after which the same request may succeed: the broker is away, busy or moved. */
export function isOutage(error: Error): boolean {
  if (error instanceof TopicLogError) return false;
  const root = unwrap(error);
  const code = codeOf(root);
  if (code !== undefined) return PASSING.has(code);
  return root instanceof Error && PASSING_NAMES.has(root.name);
}

/** What Node says of a certificate it does not take; only somebody's hand mends it. */
const CERTIFICATE_REFUSALS: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Turns refusals, which no repetition mends, into errors with a remedy; others pass through. */
export function explain(error: unknown): unknown {
  const root = unwrap(error);
  if (!(root instanceof Error) || root instanceof TopicLogError) return error;
  const code = codeOf(root);
  if (
    root.name === 'KafkaJSSASLAuthenticationError' ||
    (code !== undefined && REFUSALS.has(code))
  ) {
    return new TopicLogError(
      'LOG_ACCESS_DENIED',
      `Kafka refuses this client: ${root.message}. Check the SASL user and password, and its ACLs`,
      { cause: root },
    );
  }
  if ('code' in root && CERTIFICATE_REFUSALS.has(root.code)) {
    return new TopicLogError(
      'LOG_ACCESS_DENIED',
      `the certificate of this Kafka is not trusted: ${root.message}. Name the file of its authority in TIDEGATE_KAFKA_TLS_CA, and its brokers as the certificate does`,
      { cause: root },
    );
  }
  if (code === CODE.UNSUPPORTED_VERSION || root.name === 'KafkaJSServerDoesNotSupportApiKey') {
    return new TopicLogError(
      'LOG_UNSUPPORTED',
      `this Kafka does not speak a needed version: ${root.message}. Use Kafka 2.3 to 4.x`,
      { cause: root },
    );
  }
  // Of a list of failures only the first says anything.
  return firstOfMany(error);
}

/** kafkajs wraps what it gave up on, sometimes twice, and what several topics met. */
function unwrap(error: unknown): unknown {
  let current = firstOfMany(error);
  while (
    current instanceof Error &&
    (current.name === 'KafkaJSNumberOfRetriesExceeded' ||
      current.name === 'KafkaJSNonRetriableError') &&
    current.cause instanceof Error
  ) {
    current = current.cause;
  }
  return current;
}

function firstOfMany(error: unknown): unknown {
  const isMany =
    error instanceof Error && error.name === 'KafkaJSAggregateError' && 'errors' in error;
  return isMany && Array.isArray(error.errors) ? error.errors[0] : error;
}
