import type { KafkaConfig } from 'kafkajs';

import { toError } from '../../platform/errors.ts';
import { partitionMissing, topicMissing } from '../errors.ts';
import { throughOutages, type OutageOptions } from '../outage.ts';
import type { PartitionBounds } from '../topic-log.ts';
import { CODE, explain, hasCode, isOutage } from './kafka-errors.ts';
import {
  API,
  checkInternals,
  CONNECTION,
  type ConnectionPool,
  COORDINATOR,
  createBrokerPool,
  EARLIEST,
  LATEST,
  READ_COMMITTED,
  type Broker,
  type BrokerPool,
  type RawRequest,
  type Request,
  type Response,
  sendRaw,
} from './kafkajs-internals.ts';
import { SerialQueue } from './serial-queue.ts';

export interface KafkaClusterOptions {
  readonly config: KafkaConfig;
  /** How long a topic that the brokers do not know is given to appear. */
  readonly patienceMs: number;
}

interface TopicLeaders {
  readonly leaders: ReadonlyMap<number, number>;
  readonly readAt: number;
}

/** Partition counts grow; a look at them may be this old. */
const LEADERS_MAX_AGE_MS = 3_000;

/**
 * Connections, leaders and offsets over one kafkajs broker pool. Metadata is asked one topic at a time and
 * kept here: kafkajs asks for all its topics together, and one deleted topic then fails the others.
 */
export class KafkaCluster {
  readonly #pool: BrokerPool;
  readonly #patienceMs: number;
  readonly #topics = new Map<string, TopicLeaders>();
  readonly #refreshing = new SerialQueue();
  readonly #connecting = new WeakMap<ConnectionPool, SerialQueue>();

  constructor(options: KafkaClusterOptions) {
    this.#pool = createBrokerPool(options.config);
    this.#patienceMs = options.patienceMs;
  }

  /** Connects and refuses brokers and libraries that do not fit. */
  async connect(): Promise<void> {
    await this.guard(async () => {
      await this.#pool.connect();
      checkInternals(await this.#pool.findConnectedBroker());
    });
  }

  async disconnect(): Promise<void> {
    await this.#pool.disconnect();
  }

  /** Runs through outages, so only for what may run twice; refusals get a remedy. */
  async repeat<T>(
    operation: (attempt: number) => Promise<T>,
    outage: Omit<OutageOptions, 'isOutage'> = {},
  ): Promise<T> {
    return throughOutages((attempt) => this.guard(() => operation(attempt)), {
      ...outage,
      isOutage,
    });
  }

  /** Runs once; after an outage's error the broker's connections and all leaders are looked up anew. */
  async guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (isOutage(toError(error))) this.#topics.clear();
      throw explain(error);
    }
  }

  /** Partition → node id of its leader. Throws `TOPIC_MISSING`. */
  async getLeaders(
    topic: string,
    maxAgeMs = LEADERS_MAX_AGE_MS,
  ): Promise<ReadonlyMap<number, number>> {
    const known = this.#topics.get(topic);
    if (known !== undefined && performance.now() - known.readAt < maxAgeMs) return known.leaders;
    const givenUpAt = performance.now() + this.#patienceMs;
    return this.repeat(
      async () => {
        for (;;) {
          const leaders = await this.#readLeaders(topic);
          if (leaders !== undefined) return leaders;
          this.#topics.delete(topic);
          if (performance.now() > givenUpAt) throw topicMissing(topic);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      { limitMs: OUTAGE_LIMIT_MS },
    );
  }

  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  async getLeader(topic: string, partition: number): Promise<Broker> {
    const known = (await this.getLeaders(topic, Infinity)).get(partition);
    const leader = known ?? (await this.getLeaders(topic, 0)).get(partition);
    if (leader === undefined) throw partitionMissing(topic, partition);
    return this.getBroker(leader);
  }

  async getBroker(nodeId: number): Promise<Broker> {
    return this.#connect(
      await this.#pool.findBroker({ nodeId: String(nodeId) }),
      CONNECTION.REQUESTS,
    );
  }

  /** Any broker, once the pool knows its brokers. */
  async getAnyBroker(): Promise<Broker> {
    return this.#connect(await this.#pool.findConnectedBroker(), CONNECTION.REQUESTS);
  }

  async findCoordinator(id: string, type: keyof typeof COORDINATOR): Promise<Broker> {
    const broker = await this.getAnyBroker();
    const request = { groupId: id, coordinatorType: COORDINATOR[type] };
    const { coordinator } = await broker.findGroupCoordinator(request);
    return this.getBroker(coordinator.nodeId);
  }

  /**
   * Sends a request of our own. A broker that does not answer in time keeps its half-open connection in
   * kafkajs; it is dropped, so that the next request opens a new one.
   */
  async send<T extends { readonly clientSideThrottleTime: number }>(
    broker: Broker,
    message: { readonly request: Request; readonly response: Response<T> },
  ): Promise<T> {
    const fetching = message.request.apiKey === API.FETCH;
    await this.#connect(broker, fetching ? CONNECTION.FETCHES : CONNECTION.REQUESTS);
    return this.#dropIfSilent(broker, () =>
      broker.connectionPool.send({ ...message, logResponseError: false }),
    );
  }

  /** As `send`, for a large request in parts. */
  async sendRaw<T extends { readonly clientSideThrottleTime: number }>(
    broker: Broker,
    message: { readonly request: RawRequest; readonly response: Response<T> },
  ): Promise<T> {
    await this.#connect(broker, CONNECTION.REQUESTS);
    const { request, response } = message;
    return this.#dropIfSilent(broker, () => sendRaw(broker.connectionPool, request, response));
  }

  async #dropIfSilent<T>(broker: Broker, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (toError(error).name === 'KafkaJSRequestTimeoutError') this.#drop(broker);
      throw error;
    }
  }

  /** One at a time: kafkajs opens a socket for each caller that finds the connection closed. */
  async #connect(broker: Broker, connection: number): Promise<Broker> {
    const { connectionPool } = broker;
    const queue = this.#connecting.get(connectionPool) ?? new SerialQueue();
    this.#connecting.set(connectionPool, queue);
    await queue.run(() => connectionPool.getConnection(connection));
    return broker;
  }

  #drop(broker: Broker): void {
    const { host, port } = broker.connectionPool;
    this.#pool.removeBroker({ host, port });
    broker.disconnect().catch(() => undefined);
  }

  /** Log start and last stable offset of every partition. */
  async readBounds(topic: string): Promise<Map<number, PartitionBounds>> {
    const [starts, ends] = await Promise.all([
      this.listOffsets(topic, EARLIEST),
      this.listOffsets(topic, LATEST),
    ]);
    return new Map(
      [...ends].map(([partition, end]) => [partition, { start: starts.get(partition) ?? 0, end }]),
    );
  }

  /** Offsets by time, -1 where no record is that young; `EARLIEST` and `LATEST` are times too. */
  async listOffsets(topic: string, timestamp: number): Promise<Map<number, number>> {
    const byLeader = groupByLeader(await this.getLeaders(topic));
    const answers = await Promise.all(
      [...byLeader].map(async ([nodeId, numbers]) => {
        const broker = await this.getBroker(nodeId);
        const partitions = numbers.map((partition) => ({ partition, timestamp }));
        return broker.listOffsets({
          isolationLevel: READ_COMMITTED,
          topics: [{ topic, partitions }],
        });
      }),
    );
    const offsets = answers
      .flatMap(({ responses }) => responses.flatMap((response) => response.partitions))
      .map(({ partition, offset }): [number, number] => [partition, Number(offset)]);
    return new Map(offsets.sort(([left], [right]) => left - right));
  }

  /** One refresh at a time: the pool keeps only the last answer. */
  async #readLeaders(topic: string): Promise<ReadonlyMap<number, number> | undefined> {
    const found = await this.#refreshing.run(async () => {
      try {
        await this.#pool.refreshMetadata([topic]);
      } catch (error) {
        if (hasCode(error, CODE.UNKNOWN_TOPIC_OR_PARTITION)) return undefined;
        throw error;
      }
      return this.#pool.metadata?.topicMetadata.find((each) => each.topic === topic);
    });
    if (found === undefined) return undefined;
    const leaders = new Map(
      found.partitionMetadata
        .map(({ partitionId, leader }): [number, number] => [partitionId, leader])
        .sort(([left], [right]) => left - right),
    );
    this.#topics.set(topic, { leaders, readAt: performance.now() });
    return leaders;
  }
}

export function groupByLeader(leaders: ReadonlyMap<number, number>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [partition, leader] of leaders) {
    const group = groups.get(leader);
    if (group === undefined) groups.set(leader, [partition]);
    else group.push(partition);
  }
  return groups;
}

/** Look-ups answer within this time or fail as an outage, which the caller's own repetition sees. */
const OUTAGE_LIMIT_MS = 5_000;
