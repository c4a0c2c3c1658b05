import { toError } from '../../platform/errors.ts';
import { failpoint } from '../../platform/failpoint.ts';
import type { RecordChunk } from '../chunk-records.ts';
import { logClosed, producerFenced, TopicLogError } from '../errors.ts';
import type { TopicBatch, TransactionalProducer } from '../topic-log.ts';
import { BatchSender, type BatchSenderOptions } from './batch-sender.ts';
import { CODE, hasCode, isFenced } from './kafka-errors.ts';
import type { Broker, TransactionIdentity } from './kafkajs-internals.ts';
import { SerialQueue } from './serial-queue.ts';

export interface TransactionalProducerOptions extends BatchSenderOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
}

/** Fences older producers of the id and aborts what they left open. */
export async function openKafkaTransactionalProducer(
  options: TransactionalProducerOptions,
): Promise<TransactionalProducer> {
  const { cluster, transactionalId, transactionTimeoutMs: transactionTimeout } = options;
  const coordinator = new Coordinator(options);
  const given = await coordinator.ask((broker) =>
    broker.initProducerId({ transactionalId, transactionTimeout }),
  );
  const identity = { transactionalId, ...given };
  const sender = new BatchSender(
    { ...options, cluster },
    { transactionalId, producerId: BigInt(given.producerId), epoch: given.producerEpoch },
  );
  return new KafkaTransactionalProducer(sender, coordinator, identity);
}

/**
 * One transaction a call. What went wrong is settled before the call ends: committed, aborted, or, when
 * the coordinator cannot be reached for long, unknown, and then this producer is of no further use.
 */
class KafkaTransactionalProducer implements TransactionalProducer {
  readonly #sender: BatchSender;
  readonly #coordinator: Coordinator;
  readonly #identity: TransactionIdentity;
  readonly #queue = new SerialQueue();
  #unusable: Error | undefined;

  constructor(sender: BatchSender, coordinator: Coordinator, identity: TransactionIdentity) {
    this.#sender = sender;
    this.#coordinator = coordinator;
    this.#identity = identity;
  }

  produce(batches: readonly TopicBatch[]): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#unusable !== undefined) throw this.#unusable;
      const chunks = await this.#sender.toChunks(batches);
      if (chunks.size === 0) return;
      try {
        await this.#fill(chunks);
      } catch (error) {
        await this.#abort(toError(error));
        throw error;
      }
      failpoint('kafka.before-commit');
      await this.#commit();
      failpoint('kafka.after-commit');
    });
  }

  /** Waits for the call under way; an open transaction never remains. */
  close(): Promise<void> {
    return this.#queue.run(() => {
      this.#unusable ??= logClosed('producer');
      return Promise.resolve();
    });
  }

  async #fill(chunks: ReadonlyMap<string, readonly RecordChunk[]>): Promise<void> {
    const topics = [...chunks].map(([topic, all]) => ({
      topic,
      partitions: [...new Set(all.map((chunk) => chunk.partition))],
    }));
    try {
      await this.#coordinator.ask((broker) =>
        broker.addPartitionsToTxn({ ...this.#identity, topics }),
      );
      await this.#sender.sendAll(chunks);
    } catch (error) {
      throw this.#noteFence(error);
    }
  }

  /** Repeated until answered: committing a committed transaction again is no error. */
  async #commit(): Promise<void> {
    try {
      await this.#end(true);
    } catch (thrown) {
      const error = this.#noteFence(thrown);
      if (error instanceof TopicLogError) throw error;
      this.#unusable = new TopicLogError(
        'APPEND_OUTCOME_UNKNOWN',
        `the commit of ${this.#identity.transactionalId} was not confirmed: open the producer anew and read ` +
          'what is stored before repeating the append',
        { cause: error },
      );
      throw this.#unusable;
    }
  }

  async #abort(cause: Error): Promise<void> {
    if (this.#unusable !== undefined) return; // fenced: the newer producer aborted it
    try {
      await this.#end(false);
    } catch (thrown) {
      // Nothing was begun when the partitions could not be added.
      if (hasCode(thrown, INVALID_TXN_STATE)) return;
      this.#noteFence(thrown);
      this.#unusable ??= new TopicLogError(
        'LOG_UNAVAILABLE',
        `a transaction of ${this.#identity.transactionalId} could not be aborted: open the producer anew`,
        { cause },
      );
    }
  }

  async #end(commit: boolean): Promise<void> {
    await this.#coordinator.ask((broker) =>
      broker.endTxn({ ...this.#identity, transactionResult: commit }),
    );
  }

  #noteFence(error: unknown): Error {
    if (!isFenced(error)) return toError(error);
    this.#unusable = producerFenced(this.#identity.transactionalId, toError(error));
    return this.#unusable;
  }
}

const INVALID_TXN_STATE = 48;

/** The previous transaction's markers are written for a few milliseconds more: ask again soon, often. */
const CONCURRENT_PAUSE_MS = { first: 2, longest: 20, growth: 1.2 };

/** Requests to the broker that keeps the transactional id, looked up again when it moved. */
class Coordinator {
  readonly #options: TransactionalProducerOptions;
  #broker: Broker | undefined;

  constructor(options: TransactionalProducerOptions) {
    this.#options = options;
  }

  async ask<T>(request: (broker: Broker) => Promise<T>): Promise<T> {
    const { cluster, appendLimitMs, transactionalId, log } = this.#options;
    return cluster.repeat(
      async () => {
        try {
          // A broker that lost its connection is looked up again, which opens a new one.
          if (this.#broker?.isConnected() !== true) {
            this.#broker = await cluster.findCoordinator(transactionalId, 'TRANSACTION');
          }
          return await askThroughMarkers(this.#broker, request);
        } catch (error) {
          this.#broker = undefined;
          throw error;
        }
      },
      {
        limitMs: appendLimitMs,
        onWait: (what) => {
          if (what !== undefined)
            log.warn({ what, transactionalId }, 'transaction waits for Kafka');
        },
      },
    );
  }
}

async function askThroughMarkers<T>(
  broker: Broker,
  request: (broker: Broker) => Promise<T>,
): Promise<T> {
  let pauseMs = CONCURRENT_PAUSE_MS.first;
  const givenUpAt = performance.now() + 5_000;
  for (;;) {
    try {
      return await request(broker);
    } catch (error) {
      if (!hasCode(error, CODE.CONCURRENT_TRANSACTIONS) || performance.now() > givenUpAt)
        throw error;
    }
    const waitMs = pauseMs;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    pauseMs = Math.min(pauseMs * CONCURRENT_PAUSE_MS.growth, CONCURRENT_PAUSE_MS.longest);
  }
}
