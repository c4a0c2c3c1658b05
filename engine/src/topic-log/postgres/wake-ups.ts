import pg from 'pg';

import { toError } from '../../platform/errors.ts';
import { startHeartbeat } from '../../platform/heartbeat.ts';
import type { Logger } from '../../platform/log.ts';
import { destroyConnection } from '../../platform/silent-postgres.ts';
import { withResolvers, type PromiseWithResolvers } from '../../platform/with-resolvers.ts';
import { isTopicLogError } from '../errors.ts';
import { throughOutages } from '../outage.ts';
import type { Subscription } from '../topic-log.ts';
import { WakeRegistry } from '../wake-registry.ts';
import { isOutage, sessionSettings } from './connections.ts';
import { NOTIFY_CHANNEL } from './statements.ts';

const ANSWER_MS = 3_000;

/**
 * Turns notifications into wake-ups over one connection of its own. After every (re)connection all
 * listeners are woken once, since notifications sent meanwhile are lost.
 */
export class PostgresWakeUps {
  readonly #registry = new WakeRegistry();
  readonly #closing = new AbortController();
  /** By topic and partition, as far as notifications of this connection told. */
  readonly #ends = new Map<string, Map<number, number>>();
  readonly #url: string;
  readonly #log: Logger;
  #listening: Promise<void> | undefined;

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
  }

  subscribe(topic: string, wake: () => void): Subscription {
    const remove = this.#registry.add(topic, wake);
    this.#listening ??= this.#listenUntilClosed();
    return {
      close: () => {
        remove();
        return Promise.resolve();
      },
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#listening;
  }

  async #listenUntilClosed(): Promise<void> {
    const { signal } = this.#closing;
    try {
      for (;;) await throughOutages(() => this.#listenOnce(signal), { isOutage, signal });
    } catch (error) {
      if (isTopicLogError(error, 'READ_ABORTED')) return; // closed
      this.#log.error({ err: toError(error) }, 'listening for new records failed');
    }
  }

  /** Resolves when the connection ended by itself or by `close`. */
  async #listenOnce(signal: AbortSignal): Promise<void> {
    const client = new pg.Client({
      ...sessionSettings(this.#url),
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    const { promise: ended, resolve }: PromiseWithResolvers<void> = withResolvers();
    const end = (): void => resolve();
    for (const event of ['end', 'error'] as const) client.once(event, end);
    signal.addEventListener('abort', end, { once: true });
    let stopHeartbeat = end;
    client.on('error', (err) => this.#log.debug({ err }, 'topic log listener lost its connection'));
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${NOTIFY_CHANNEL}`);
      // What was appended meanwhile is not known.
      this.#ends.clear();
      this.#registry.wakeAll();
      stopHeartbeat = startHeartbeat(client, end);
      await ended;
    } finally {
      stopHeartbeat();
      signal.removeEventListener('abort', end);
      destroyConnection(client);
    }
  }

  /** `partition end topic`, as an append tells at its commit. */
  #hear(payload: string): void {
    const [, partition, end, topic] = /^(\d+) (\d+) (.*)$/s.exec(payload) ?? [];
    if (topic === undefined) return;
    const ends = this.#ends.get(topic) ?? new Map<number, number>();
    this.#ends.set(topic, ends);
    ends.set(Number(partition), Number(end));
    this.#registry.wake(topic, ends);
  }
}
