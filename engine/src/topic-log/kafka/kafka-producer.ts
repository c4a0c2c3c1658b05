import { TopicLogError } from '../errors.ts';
import type { NewRecord } from '../topic-log.ts';
import { BatchSender, type BatchSenderOptions } from './batch-sender.ts';
import { CODE, hasCode } from './kafka-errors.ts';
import { SerialQueue } from './serial-queue.ts';

/** Appends without transactions, idempotently. One append at a time: sequence numbers must not overtake. */
export class KafkaProducer {
  readonly #options: BatchSenderOptions;
  readonly #queue = new SerialQueue();
  #sender: BatchSender | undefined;

  constructor(options: BatchSenderOptions) {
    this.#options = options;
  }

  produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    return this.#queue.run(async () => {
      this.#sender ??= await this.#openSender();
      try {
        await this.#sender.sendAll(await this.#sender.toChunks([{ topic, records }]));
      } catch (error) {
        // After a failure the broker's and our sequence numbers may differ: begin anew with another id.
        this.#sender = undefined;
        if (hasCode(error, ...LOST_SEQUENCE)) throw lostSequence(topic, error);
        throw error;
      }
    });
  }

  async #openSender(): Promise<BatchSender> {
    const { cluster, appendLimitMs } = this.#options;
    return cluster.repeat(
      async () => {
        const broker = await cluster.getAnyBroker();
        const given = await broker.initProducerId({
          transactionalId: undefined,
          transactionTimeout: 0,
        });
        return new BatchSender(this.#options, {
          transactionalId: null,
          producerId: BigInt(given.producerId),
          epoch: given.producerEpoch,
        });
      },
      { limitMs: appendLimitMs },
    );
  }
}

const LOST_SEQUENCE = [
  CODE.OUT_OF_ORDER_SEQUENCE,
  CODE.UNKNOWN_PRODUCER_ID,
  CODE.INVALID_PRODUCER_EPOCH,
];

function lostSequence(topic: string, cause: unknown): TopicLogError {
  return new TopicLogError(
    'APPEND_OUTCOME_UNKNOWN',
    `Kafka lost track of what this producer had stored in ${topic}: read the end of the log before repeating`,
    { details: { topic }, cause },
  );
}
