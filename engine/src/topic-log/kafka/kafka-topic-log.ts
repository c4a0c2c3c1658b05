import { systemClock } from '../../platform/clock.ts';
import { toError } from '../../platform/errors.ts';
import { silentLogger, type Logger } from '../../platform/log.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { ByteBudget } from '../byte-budget.ts';
import { recordCrc } from '../crc32c.ts';
import { isTopicLogError, TopicLogError } from '../errors.ts';
import { lookOneByOne } from '../look-one-by-one.ts';
import { Partitioner } from '../partitioner.ts';
import type {
  EnsureTopicOptions,
  LogRecord,
  NewRecord,
  OffsetRange,
  PartitionBounds,
  PartitionLook,
  ReadOptions,
  RecordFingerprint,
  Subscription,
  TransactionalProducer,
  Wake,
} from '../topic-log.ts';
import type { BatchSenderOptions } from './batch-sender.ts';
import { glance, glanceAtAll } from './glance.ts';
import { KafkaAdministration } from './kafka-administration.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { isOutage } from './kafka-errors.ts';
import { DEFAULTS, toKafkaConfig, type KafkaTopicLogOptions } from './kafka-options.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { openKafkaTransactionalProducer } from './kafka-transactional-producer.ts';
import { LATEST } from './kafkajs-internals.ts';
import { KafkaRangeReader } from './range-reader.ts';
import { KafkaWakeUps } from './wake-ups.ts';

/** Connects to Kafka and checks that broker and library fit. */
export async function openKafkaTopicLog(
  options: KafkaTopicLogOptions,
): Promise<AdministeredTopicLog> {
  const log = options.log ?? silentLogger;
  const topicLog = new KafkaTopicLog(options, log);
  try {
    await topicLog.connect();
  } catch (error) {
    await topicLog.close();
    throw error;
  }
  return topicLog;
}

class KafkaTopicLog implements AdministeredTopicLog {
  readonly kind = 'kafka';
  readonly #options: KafkaTopicLogOptions;
  readonly #cluster: KafkaCluster;
  readonly #administration: KafkaAdministration;
  readonly #reader: KafkaRangeReader;
  readonly #wakeUps: KafkaWakeUps;
  readonly #sending: BatchSenderOptions;
  readonly #producer: KafkaProducer;
  #closed: Promise<void> | undefined;

  constructor(options: KafkaTopicLogOptions, log: Logger) {
    const config = toKafkaConfig(options, log);
    const patienceMs = options.patienceMs ?? DEFAULTS.patienceMs;
    const openCluster = (): KafkaCluster => new KafkaCluster({ config, patienceMs });
    this.#options = options;
    this.#cluster = openCluster();
    this.#administration = new KafkaAdministration(config);
    this.#wakeUps = new KafkaWakeUps(openCluster(), log);
    this.#reader = new KafkaRangeReader({
      cluster: this.#cluster,
      budget: new ByteBudget(options.readAheadBytes ?? DEFAULTS.readAheadBytes),
      patienceMs,
    });
    this.#sending = {
      cluster: this.#cluster,
      clock: options.clock ?? systemClock,
      log,
      partitioner: new Partitioner(),
      appendLimitMs: options.appendLimitMs ?? DEFAULTS.appendLimitMs,
    };
    this.#producer = new KafkaProducer(this.#sending);
  }

  async connect(): Promise<void> {
    await this.#repeat(() => this.#cluster.connect());
  }

  async ensureTopic(topic: string, options: EnsureTopicOptions): Promise<number> {
    const settings = { ...DEFAULTS.topicSettings, ...this.#options.topicSettings };
    await this.#repeat(() => this.#administration.createTopic(topic, { ...options, settings }));
    return this.#countPartitions(topic);
  }

  /** Of a topic that was just made: a broker may hear of it a while after the controller. */
  async #countPartitions(topic: string): Promise<number> {
    const limitMs = this.#options.connectLimitMs ?? DEFAULTS.connectLimitMs;
    const deadline = performance.now() + limitMs;
    for (;;) {
      try {
        return (await this.partitions(topic)).length;
      } catch (error) {
        if (!isTopicLogError(error, 'TOPIC_MISSING') || performance.now() > deadline) throw error;
      }
    }
  }

  async partitions(topic: string): Promise<number[]> {
    return [...(await this.#repeat(() => this.#cluster.getLeaders(topic))).keys()];
  }

  bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>> {
    return this.#repeat(() => this.#cluster.readBounds(topic));
  }

  offsetsAt(topic: string, at: Date): Promise<ReadonlyMap<number, number>> {
    return this.#repeat(async () => {
      const ends = await this.#cluster.listOffsets(topic, LATEST);
      const found = await this.#cluster.listOffsets(topic, at.getTime());
      return new Map(
        [...ends].map(([partition, end]) => {
          const offset = found.get(partition) ?? -1;
          return [partition, offset < 0 ? end : offset];
        }),
      );
    });
  }

  // eslint-disable-next-line max-params -- the port's signature
  readRange(
    topic: string,
    partition: number,
    range: OffsetRange,
    options: ReadOptions = {},
  ): AsyncIterable<readonly LogRecord[]> {
    return this.#reader.read({ topic, partition, range }, options);
  }

  produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    return this.#producer.produce(topic, records);
  }

  openTransactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    const transactionTimeoutMs =
      this.#options.transactionTimeoutMs ?? DEFAULTS.transactionTimeoutMs;
    return openKafkaTransactionalProducer({
      ...this.#sending,
      transactionalId,
      transactionTimeoutMs,
    });
  }

  onRecords(topic: string, wake: Wake): Subscription {
    return this.#wakeUps.subscribe(topic, wake);
  }

  /**
   * One fetch where the offset holds a record; else looks back in growing steps: markers, aborted and compacted
   * records leave gaps.
   */
  async fingerprint(
    topic: string,
    partition: number,
    offset: number,
  ): Promise<RecordFingerprint | undefined> {
    const place = { partition, offset };
    const { bounds, record } = await this.#repeat(() => glance(this.#cluster, topic, place));
    if (record !== undefined) return toFingerprint(record);
    let to = Math.min(offset, bounds.end);
    for (let step = 16; to > bounds.start; step *= 16) {
      const from = Math.max(bounds.start, to - step);
      let last: LogRecord | undefined;
      for await (const batch of this.readRange(topic, partition, { from, to })) last = batch.at(-1);
      if (last !== undefined) return toFingerprint(last);
      to = from;
    }
    return undefined;
  }

  async look(
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<ReadonlyMap<number, PartitionLook>> {
    const partitions = await this.partitions(topic);
    // A fetch needs a place in each partition.
    if (!partitions.every((each) => offsets.has(each))) return lookOneByOne(this, topic, offsets);
    const glances = await this.#repeat(() => glanceAtAll(this.#cluster, topic, offsets));
    const looks = [...glances].map(async ([partition, { bounds, record }]) => {
      const fingerprint =
        record === undefined
          ? await this.fingerprint(topic, partition, offsets.get(partition) ?? 0)
          : toFingerprint(record);
      return [partition, { ...bounds, fingerprint }] as const;
    });
    return new Map(await Promise.all(looks));
  }

  async isCompacted(topic: string): Promise<boolean> {
    const policy = await this.#repeat(() => this.#administration.readCleanupPolicy(topic));
    return policy.includes('compact');
  }

  async mirrorOffsets(
    group: string,
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<void> {
    const partitions = [...offsets].map(([partition, offset]) => ({
      partition,
      offset: String(offset),
      metadata: '',
    }));
    await this.#repeat(async () => {
      const coordinator = await this.#cluster.findCoordinator(group, 'GROUP');
      // Generation -1 commits without being a member, which needs no join and no consumer.
      await coordinator.offsetCommit({
        groupId: group,
        groupGenerationId: -1,
        memberId: '',
        retentionTime: -1,
        topics: [{ topic, partitions }],
      });
    });
  }

  async addPartitions(topic: string, partitions: number): Promise<void> {
    await this.#repeat(() => this.#administration.addPartitions(topic, partitions));
    this.#cluster.forget(topic);
  }

  async deleteRecordsBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await this.#repeat(() => this.#administration.deleteRecordsBefore(topic, offsets));
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#repeat(() => this.#administration.deleteTopic(topic));
    this.#cluster.forget(topic);
  }

  close(): Promise<void> {
    this.#closed ??= this.#wakeUps.close().then(() => this.#cluster.disconnect());
    return this.#closed;
  }

  /** For look-ups: repeated through short outages, then `LOG_UNAVAILABLE`. */
  async #repeat<T>(operation: () => Promise<T>): Promise<T> {
    const limitMs = this.#options.connectLimitMs ?? DEFAULTS.connectLimitMs;
    try {
      return await this.#cluster.repeat(operation, { limitMs });
    } catch (thrown) {
      const error = toError(thrown);
      throw isOutage(error) ? logUnavailable(limitMs, error) : error;
    }
  }
}

function toFingerprint(record: LogRecord): RecordFingerprint {
  return { offset: record.offset, timestamp: record.timestamp, crc: recordCrc(record) };
}

function logUnavailable(limitMs: number, cause: Error): TopicLogError {
  return new TopicLogError(
    'LOG_UNAVAILABLE',
    `Kafka does not answer within ${limitMs} ms (${cause.message}): check the brokers' addresses, that they run, and whether they want TLS (TIDEGATE_KAFKA_TLS) and a password (TIDEGATE_KAFKA_SASL_USERNAME)`,
    { cause },
  );
}
