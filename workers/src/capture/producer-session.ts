import { TidegateError, type Clock, type Logger } from '@tidegate/engine/platform';
import type { TopicBatch, TopicLog, TransactionalProducer } from '@tidegate/engine/topic-log';
import { traceProduce } from '@tidegate/engine/tracing';

import { backOff } from './back-off.ts';
import { findState, type CaptureState } from './capture-state.ts';
import type { ResolvedCaptureConfig } from './capture-config.ts';
import { fencedError } from './errors.ts';

export interface ProducerSessionDeps {
  readonly log: TopicLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The transactional producer and its doubt.
 *
 * Killed before the commit: nothing is readable. Killed after: the state record says so. A commit whose
 * answer was lost is decided by reading the state back: same instance and flush means it landed. A stale
 * capture must not fence its successor in passing, so the state is read before a producer is opened anew.
 */
export class ProducerSession {
  readonly #config: ResolvedCaptureConfig;
  readonly #deps: ProducerSessionDeps;
  #producer: TransactionalProducer;

  private constructor(
    config: ResolvedCaptureConfig,
    deps: ProducerSessionDeps,
    producer: TransactionalProducer,
  ) {
    this.#config = config;
    this.#deps = deps;
    this.#producer = producer;
  }

  /** Fences every older capture of the prefix. Read the state only after this. */
  static async open(
    config: ResolvedCaptureConfig,
    deps: ProducerSessionDeps,
  ): Promise<ProducerSession> {
    const producer = await deps.log.openTransactionalProducer(transactionalId(config));
    return new ProducerSession(config, deps, producer);
  }

  /** Appends batches, the last of which holds `state`, exactly once, waiting out outages. */
  async append(batches: readonly TopicBatch[], state: CaptureState): Promise<void> {
    const traced = traceProduce(`capture ${this.#config.prefix}`, batches);
    try {
      await this.#append(traced.batches, state);
      traced.end();
    } catch (thrown) {
      traced.end(thrown);
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#producer.close().catch((thrown: unknown) => {
      this.#deps.logger.debug({ err: thrown }, 'producer did not close cleanly');
    });
  }

  async #append(batches: readonly TopicBatch[], state: CaptureState): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#producer.produce(batches);
        return;
      } catch (thrown) {
        this.#throwUnlessTransient(thrown);
        this.#deps.logger.warn({ err: thrown, attempt }, 'topic log refused a flush, retrying');
      }
      if (await this.#reopen(state)) return;
    }
  }

  /** Answers whether the flush of unknown outcome landed. */
  async #reopen(state: CaptureState): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      await backOff(this.#deps.clock, attempt);
      try {
        await this.#assertOwner(state);
        await this.close();
        this.#producer = await this.#deps.log.openTransactionalProducer(
          transactionalId(this.#config),
        );
        return (await this.#assertOwner(state)) === state.flush;
      } catch (thrown) {
        this.#throwUnlessTransient(thrown);
      }
    }
  }

  async #assertOwner(state: CaptureState): Promise<number> {
    const { stateTopic, prefix } = this.#config;
    const written = await findState(this.#deps.log, stateTopic, prefix);
    if (written !== undefined && written.instance !== state.instance) throw fencedError(prefix);
    return written?.flush ?? -1;
  }

  #throwUnlessTransient(thrown: unknown): void {
    if (!(thrown instanceof TidegateError)) return;
    if (thrown.code === 'PRODUCER_FENCED') throw fencedError(this.#config.prefix, thrown);
    // What is unknown to the log is known to the state record: #reopen asks it.
    if (!thrown.retriable && thrown.code !== 'APPEND_OUTCOME_UNKNOWN') throw thrown;
  }
}

function transactionalId(config: ResolvedCaptureConfig): string {
  return `tidegate-capture-${config.prefix}`;
}
