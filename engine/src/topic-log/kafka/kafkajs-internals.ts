import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

import kafkajs, { type KafkaConfig } from 'kafkajs';

import { TopicLogError } from '../errors.ts';

/**
 * The private parts of kafkajs this adapter stands on, typed, and a check at start that they are there.
 * That is why its version is pinned exactly: raise it only together with this file.
 */
const KAFKAJS_VERSION = '2.2.4';
const CREATE_CLUSTER = 'private:Kafka:createCluster';

export const API = { PRODUCE: 0, FETCH: 1, INIT_PRODUCER_ID: 22 } as const;
export const FETCH_VERSION = 11;
export const PRODUCE_VERSION = 7;
export const READ_COMMITTED = 1;
export const EARLIEST = -2;
export const LATEST = -1;
/** kafkajs keeps two connections a broker: fetches have their own. */
export const CONNECTION = { REQUESTS: 0, FETCHES: 1 } as const;
export const COORDINATOR = { GROUP: 0, TRANSACTION: 1 } as const;

export interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(): Promise<Encoder>;
}

/** All that kafkajs reads of its encoder when it sends one. */
export interface Encoder {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

/** `decode` may name a throttle time, which the connection then keeps. */
export interface Response<T extends { readonly clientSideThrottleTime: number }> {
  decode(payload: Buffer): Promise<T>;
  parse(decoded: T): Promise<T>;
}

export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  /** Connects when it is not connected; calls at the same time would each open a socket. */
  getConnection(index: number): Promise<Connection>;
  send<T extends { readonly clientSideThrottleTime: number }>(message: {
    readonly request: Request;
    readonly response: Response<T>;
    readonly requestTimeout?: number;
    readonly logResponseError?: boolean;
  }): Promise<T>;
}

interface Connection {
  readonly clientId: string;
  readonly socket: Socket;
  readonly requestQueue: {
    push(request: {
      readonly entry: object;
      readonly expectResponse: boolean;
      readonly requestTimeout: null;
      readonly sendRequest: () => void;
    }): void;
    maybeThrottle(throttleMs: number): void;
  };
  isAuthenticated(): boolean;
  authenticate(): Promise<void>;
  failIfNotConnected(): void;
  nextCorrelationId(): number;
}

/** A request in parts, which are sent as they are. */
export interface RawRequest extends Pick<Request, 'apiKey' | 'apiVersion' | 'apiName'> {
  readonly parts: readonly Buffer[];
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface Broker {
  readonly nodeId: number | null;
  readonly connectionPool: ConnectionPool;
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null;
  isConnected(): boolean;
  disconnect(): Promise<void>;
  listOffsets(request: {
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
  findGroupCoordinator(request: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly retentionTime: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly offset: string;
        readonly metadata: string;
      }[];
    }[];
  }): Promise<unknown>;
  initProducerId(request: {
    readonly transactionalId: string | undefined;
    readonly transactionTimeout: number;
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  addPartitionsToTxn(
    request: TransactionIdentity & { readonly topics: readonly TopicPartitions[] },
  ): Promise<unknown>;
  endTxn(request: TransactionIdentity & { readonly transactionResult: boolean }): Promise<unknown>;
}

export interface TransactionIdentity {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

export interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

export interface BrokerPool {
  readonly metadata: {
    readonly topicMetadata: readonly {
      readonly topic: string;
      readonly partitionMetadata: readonly PartitionMetadata[];
    }[];
  } | null;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findConnectedBroker(): Promise<Broker>;
  findBroker(request: { readonly nodeId: string }): Promise<Broker>;
  refreshMetadata(topics: readonly string[]): Promise<void>;
  removeBroker(address: { readonly host: string; readonly port: number }): void;
}

export interface FetchRequestOptions {
  readonly replicaId: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: number;
      readonly maxBytes: number;
    }[];
  }[];
}

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}

const load = createRequire(import.meta.url);

export const encodeFetchRequest = load('kafkajs/src/protocol/requests/fetch/v11/request') as (
  options: FetchRequestOptions,
) => Request;

/**
 * Sends a large request without kafkajs' encoder, which copies it twice into new zeroed memory: that much
 * of it, and at this rate, that collecting it took a tenth of a capture's time.
 */
export async function sendRaw<T extends { readonly clientSideThrottleTime: number }>(
  pool: ConnectionPool,
  { parts, ...request }: RawRequest,
  response: Response<T>,
): Promise<T> {
  const connection = await pool.getConnection(CONNECTION.REQUESTS);
  if (!connection.isAuthenticated()) await connection.authenticate();
  const { clientId } = connection;
  const correlationId = connection.nextCorrelationId();
  const head = encodeRequestHead({ ...request, correlationId, clientId }, parts);
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    connection.failIfNotConnected();
    connection.requestQueue.push({
      entry: { ...request, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: () => writeAll(connection.socket, [head, ...parts]),
    });
  });
  const decoded = await response.decode(payload);
  connection.requestQueue.maybeThrottle(decoded.clientSideThrottleTime);
  return response.parse(decoded);
}

/** Size, and the request header, version 1. */
function encodeRequestHead(
  request: Pick<Request, 'apiKey' | 'apiVersion'> & {
    readonly correlationId: number;
    readonly clientId: string;
  },
  parts: readonly Buffer[],
): Buffer {
  const clientId = Buffer.from(request.clientId);
  const head = Buffer.alloc(14 + clientId.length);
  const following = parts.reduce((sum, part) => sum + part.length, head.length - 4);
  head.writeInt32BE(following, 0);
  head.writeInt16BE(request.apiKey, 4);
  head.writeInt16BE(request.apiVersion, 6);
  head.writeInt32BE(request.correlationId, 8);
  head.writeInt16BE(clientId.length, 12);
  clientId.copy(head, 14);
  return head;
}

/** One write to the system, without joining the parts first. */
function writeAll(socket: Socket, parts: readonly Buffer[]): void {
  socket.cork();
  for (const part of parts) socket.write(part);
  socket.uncork();
}

export const snappyCodec = (load('kafkajs-snappy') as () => Codec)();

type CreateCluster = (options: {
  readonly allowAutoTopicCreation: boolean;
  readonly isolationLevel: number;
  readonly metadataMaxAge: number;
}) => { readonly brokerPool: BrokerPool };

/** A broker pool of its own: its connections are shared with nobody. Throws `LOG_UNSUPPORTED`. */
export function createBrokerPool(config: KafkaConfig): BrokerPool {
  const kafka = new kafkajs.Kafka(config) as unknown as Record<symbol, unknown>;
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    (each) => each.description === CREATE_CLUSTER,
  );
  const create = symbol === undefined ? undefined : kafka[symbol];
  if (typeof create !== 'function') throw unsupported('its cluster cannot be created');
  const cluster = (create as CreateCluster)({
    allowAutoTopicCreation: false,
    isolationLevel: READ_COMMITTED,
    metadataMaxAge: 300_000,
  });
  return cluster.brokerPool;
}

/** Refuses a kafkajs or a broker that does not fit, once, before anything is read. */
export function checkInternals(broker: Broker): void {
  const { version } = load('kafkajs/package.json') as { readonly version: string };
  if (version !== KAFKAJS_VERSION) throw unsupported(`version ${version} is installed`);
  if (typeof broker.connectionPool.send !== 'function') throw unsupported('no connection pool');
  const [connection] = (broker.connectionPool as unknown as { pool: readonly Connection[] }).pool;
  if (typeof connection?.requestQueue.push !== 'function') throw unsupported('no request queue');
  if (typeof broker.addPartitionsToTxn !== 'function') throw unsupported('no transactions');
  checkVersion(broker, 'Fetch', { key: API.FETCH, version: FETCH_VERSION });
  checkVersion(broker, 'Produce', { key: API.PRODUCE, version: PRODUCE_VERSION });
}

function checkVersion(
  broker: Broker,
  name: string,
  api: { readonly key: number; readonly version: number },
): void {
  const range = broker.versions?.[api.key];
  if (range && range.minVersion <= api.version && api.version <= range.maxVersion) return;
  const offered = range ? `versions ${range.minVersion} to ${range.maxVersion}` : 'none';
  throw new TopicLogError(
    'LOG_UNSUPPORTED',
    `this broker offers ${offered} of ${name}, version ${api.version} is needed: use Kafka 2.3 to 4.x`,
    { details: { ...api, offered } },
  );
}

function unsupported(what: string): TopicLogError {
  return new TopicLogError(
    'LOG_UNSUPPORTED',
    `kafkajs ${KAFKAJS_VERSION} is needed exactly, but ${what}: reinstall with the lock file`,
  );
}
