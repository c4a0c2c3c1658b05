import type { Clock } from '../../platform/clock.ts';
import { toError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import { chunkByPartition, type RecordChunk } from '../chunk-records.ts';
import { keyRequired, partitionMissing, TopicLogError, topicMissing } from '../errors.ts';
import type { Partitioner } from '../partitioner.ts';
import { encodeRecordBatch } from '../record-batch/encode-record-batch.ts';
import type { TopicBatch } from '../topic-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { CODE, isFenced, isOutage, KafkaCodeError } from './kafka-errors.ts';
import { encodeProduceRequest, produceResponse, type AddressedBatch } from './produce-request.ts';

/** Who produces, as the broker gave it out. */
export interface ProducerIdentity {
  readonly transactionalId: string | null;
  readonly producerId: bigint;
  readonly epoch: number;
}

export interface BatchSenderOptions {
  readonly cluster: KafkaCluster;
  readonly clock: Clock;
  readonly log: Logger;
  readonly partitioner: Partitioner;
  readonly appendLimitMs: number;
}

/** A chunk on its way; `bytes` stays the same over repetitions, so that the broker knows a repeat. */
interface Outgoing extends AddressedBatch {
  readonly chunk: RecordChunk;
}

/**
 * Sends record batches under one producer identity, one in flight a partition, with the sequence numbers
 * that let a broker recognise a batch it already has: an append repeated through an outage is stored once.
 */
export class BatchSender {
  readonly #options: BatchSenderOptions;
  readonly #identity: ProducerIdentity;
  readonly #sequences = new Map<string, number>();

  constructor(options: BatchSenderOptions, identity: ProducerIdentity) {
    this.#options = options;
    this.#identity = identity;
  }

  /** Chunks by partition; asks for leaders, so it throws `TOPIC_MISSING`. */
  async toChunks(batches: readonly TopicBatch[]): Promise<Map<string, RecordChunk[]>> {
    const { cluster, partitioner } = this.#options;
    const chunks = new Map<string, RecordChunk[]>();
    for (const { topic, records } of batches) {
      if (records.length === 0) continue;
      const leaders = await cluster.getLeaders(topic, Infinity);
      const added = chunkByPartition(records, { partitioner, partitions: leaders.size });
      const missing = added.find(({ partition }) => !leaders.has(partition));
      if (missing !== undefined) throw partitionMissing(topic, missing.partition);
      chunks.set(topic, [...(chunks.get(topic) ?? []), ...added]);
    }
    return chunks;
  }

  /** Sends all chunks: rounds of one chunk a partition, each round one request a leader. */
  async sendAll(chunks: ReadonlyMap<string, readonly RecordChunk[]>): Promise<void> {
    const queues = [...chunks].flatMap(([topic, all]) => toQueues(topic, all));
    for (;;) {
      const round = queues.flatMap(({ topic, waiting }) => {
        const chunk = waiting.shift();
        return chunk === undefined ? [] : [{ topic, chunk }];
      });
      if (round.length === 0) return;
      const refused = await this.#sendRound(
        round.map(({ topic, chunk }) => this.#encode(topic, chunk)),
      );
      for (const { topic, chunk } of refused) {
        const queue = queues.find(
          (each) => each.topic === topic && each.partition === chunk.partition,
        );
        queue?.waiting.unshift(...halve(topic, chunk));
      }
    }
  }

  #encode(topic: string, chunk: RecordChunk): Outgoing {
    const { transactionalId, producerId, epoch } = this.#identity;
    const bytes = encodeRecordBatch(chunk.records, this.#options.clock.now(), {
      producerId,
      epoch,
      baseSequence: this.#sequences.get(sequenceKey(topic, chunk.partition)) ?? 0,
      transactional: transactionalId !== null,
    });
    return { topic, partition: chunk.partition, bytes, chunk };
  }

  /** Repeats what is not stored until all is; answers the chunks that are too large as they are. */
  async #sendRound(round: readonly Outgoing[]): Promise<Outgoing[]> {
    let unsent = round;
    let unknown = false;
    const refused: Outgoing[] = [];
    const attempt = async (): Promise<void> => {
      const { pending, tooLarge, failure } = await this.#sendOnce(unsent);
      unsent = pending;
      refused.push(...tooLarge);
      if (failure === undefined) return;
      unknown ||= mayBeStored(failure);
      throw failure;
    };
    const onWait = (what: string | undefined): void => {
      if (what !== undefined) this.#options.log.warn({ what }, 'append waits for the topic log');
    };
    try {
      await this.#options.cluster.repeat(attempt, { limitMs: this.#options.appendLimitMs, onWait });
      return refused;
    } catch (thrown) {
      throw this.#explain(toError(thrown), unknown);
    }
  }

  async #sendOnce(batches: readonly Outgoing[]): Promise<RoundOutcome> {
    const byLeader = new Map<number, Outgoing[]>();
    for (const batch of batches) {
      const broker = await this.#options.cluster.getLeader(batch.topic, batch.partition);
      const nodeId = broker.nodeId ?? -1;
      byLeader.set(nodeId, [...(byLeader.get(nodeId) ?? []), batch]);
    }
    const outcomes = await Promise.all(
      [...byLeader].map(([nodeId, group]) => this.#sendToLeader(nodeId, group)),
    );
    return {
      pending: outcomes.flatMap((outcome) => outcome.pending),
      tooLarge: outcomes.flatMap((outcome) => outcome.tooLarge),
      failure: worst(outcomes.map((outcome) => outcome.failure)),
    };
  }

  async #sendToLeader(nodeId: number, group: readonly Outgoing[]): Promise<RoundOutcome> {
    const { cluster } = this.#options;
    try {
      const request = encodeProduceRequest(this.#identity.transactionalId, group);
      const broker = await cluster.getBroker(nodeId);
      const { partitions } = await cluster.sendRaw(broker, { request, response: produceResponse });
      const codes = new Map(
        partitions.map((each) => [sequenceKey(each.topic, each.partition), each.errorCode]),
      );
      return this.#settle(group, codes);
    } catch (error) {
      return { pending: group, tooLarge: [], failure: toError(error) };
    }
  }

  #settle(group: readonly Outgoing[], codes: ReadonlyMap<string, number>): RoundOutcome {
    const pending: Outgoing[] = [];
    const tooLarge: Outgoing[] = [];
    let failure: Error | undefined;
    for (const batch of group) {
      const key = sequenceKey(batch.topic, batch.partition);
      const code = codes.get(key) ?? CODE.NETWORK_EXCEPTION;
      if (code === 0 || code === CODE.DUPLICATE_SEQUENCE) {
        const next = (this.#sequences.get(key) ?? 0) + batch.chunk.records.length;
        this.#sequences.set(key, next % 2 ** 31);
      } else if (code === CODE.MESSAGE_TOO_LARGE || code === CODE.RECORD_LIST_TOO_LARGE) {
        tooLarge.push(batch);
      } else {
        pending.push(batch);
        failure = worst([failure, refusal(batch, code)]);
      }
    }
    return { pending, tooLarge, failure };
  }

  #explain(error: Error, unknown: boolean): Error {
    if (!isOutage(error) && !(unknown && !isFenced(error) && error instanceof KafkaCodeError)) {
      return error;
    }
    const limit = this.#options.appendLimitMs;
    return new TopicLogError(
      unknown ? 'APPEND_OUTCOME_UNKNOWN' : 'LOG_UNAVAILABLE',
      unknown
        ? `Kafka did not confirm an append (${error.message}), and whether the records are stored is unknown: ` +
            'read the end of the log before repeating them'
        : `Kafka cannot be reached for ${limit} ms (${error.message}): check the brokers, nothing was stored`,
      { cause: error },
    );
  }
}

interface RoundOutcome {
  readonly pending: readonly Outgoing[];
  readonly tooLarge: readonly Outgoing[];
  readonly failure: Error | undefined;
}

interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: RecordChunk[];
}

function toQueues(topic: string, chunks: readonly RecordChunk[]): PartitionQueue[] {
  const queues = new Map<number, PartitionQueue>();
  for (const chunk of chunks) {
    const { partition } = chunk;
    const queue = queues.get(partition) ?? { topic, partition, waiting: [] };
    queue.waiting.push(chunk);
    queues.set(partition, queue);
  }
  return [...queues.values()];
}

function sequenceKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** An outage only when nothing worse happened: what never mends must not be repeated. */
function worst(failures: readonly (Error | undefined)[]): Error | undefined {
  const all = failures.filter((failure) => failure !== undefined);
  return all.find((failure) => !isOutage(failure)) ?? all[0];
}

/** False for errors that come before a broker could store anything. */
function mayBeStored(failure: Error): boolean {
  if (failure instanceof KafkaCodeError) {
    return (
      failure.code === CODE.REQUEST_TIMED_OUT ||
      failure.code === CODE.NOT_ENOUGH_REPLICAS_AFTER_APPEND ||
      failure.code === CODE.NETWORK_EXCEPTION
    );
  }
  return isOutage(failure);
}

function refusal(batch: Outgoing, code: number): Error {
  if (code === CODE.UNKNOWN_TOPIC_OR_PARTITION) return topicMissing(batch.topic);
  const keyless = batch.chunk.records.some((record) => record.key === null);
  if (code === CODE.INVALID_RECORD && keyless) return keyRequired(batch.topic);
  return new KafkaCodeError(code, `an append to ${batch.topic}[${batch.partition}]`);
}

function halve(topic: string, { partition, records }: RecordChunk): RecordChunk[] {
  if (records.length > 1) {
    const middle = records.length >> 1;
    return [
      { partition, records: records.slice(0, middle) },
      { partition, records: records.slice(middle) },
    ];
  }
  const [record] = records;
  const bytes = (record?.key?.length ?? 0) + (record?.value?.length ?? 0);
  throw new TopicLogError(
    'RECORD_TOO_LARGE',
    `a record of ${bytes} bytes is larger than ${topic} accepts: raise its max.message.bytes`,
    { details: { topic, partition, bytes } },
  );
}
