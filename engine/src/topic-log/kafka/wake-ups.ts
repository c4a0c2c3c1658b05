import { setTimeout as sleep } from 'node:timers/promises';

import { toError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import type { Subscription, Wake } from '../topic-log.ts';
import { WakeRegistry } from '../wake-registry.ts';
import { fetchResponse, type FetchedPartition } from './fetch-response.ts';
import { groupByLeader, type KafkaCluster } from './kafka-cluster.ts';
import { CODE } from './kafka-errors.ts';
import { encodeFetchRequest, LATEST, READ_COMMITTED } from './kafkajs-internals.ts';

/** Bounds how long closing and a new subscription take; wake-ups do not wait for it. */
const LONG_POLL_MS = 500;
const PAUSE_AFTER_FAILURE_MS = 250;

/** Partition → the offset from which on a record is news. */
type Positions = Map<number, number>;

/**
 * Long polls of all subscribed partitions, one request a leader: Kafka answers a connection's requests in
 * order, so several would wait for each other. They run on connections of their own for the same reason.
 * What is fetched only wakes; ranges are planned from the bounds and read by the range reader.
 */
export class KafkaWakeUps {
  readonly #registry = new WakeRegistry();
  readonly #positions = new Map<string, Positions>();
  readonly #cluster: KafkaCluster;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #polling: Promise<void> | undefined;

  constructor(cluster: KafkaCluster, log: Logger) {
    this.#cluster = cluster;
    this.#log = log;
  }

  subscribe(topic: string, wake: Wake): Subscription {
    const remove = this.#registry.add(topic, wake);
    this.#polling ??= this.#pollUntilClosed();
    return {
      close: () => {
        remove();
        return Promise.resolve();
      },
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#polling;
    await this.#cluster.disconnect();
  }

  async #pollUntilClosed(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#poll();
      } catch (error) {
        this.#log.debug({ err: toError(error) }, 'waiting for new records failed');
        // Whatever arrived meanwhile must not be missed: positions are taken anew, which wakes.
        this.#positions.clear();
        await sleep(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #poll(): Promise<void> {
    const topics = this.#registry.topics();
    if (topics.length === 0) {
      await sleep(PAUSE_IDLE_MS, undefined, { signal: this.#closing.signal }).catch(
        () => undefined,
      );
      return;
    }
    const leaders = new Map<number, TopicPosition[]>();
    for (const topic of topics) await this.#addTopic(topic, leaders);
    for (const known of this.#positions.keys()) {
      if (!topics.includes(known)) this.#positions.delete(known);
    }
    await Promise.all([...leaders].map(([nodeId, asked]) => this.#pollLeader(nodeId, asked)));
  }

  async #addTopic(topic: string, leaders: Map<number, TopicPosition[]>): Promise<void> {
    const current = await this.#cluster.getLeaders(topic);
    const positions = this.#positions.get(topic);
    if (positions?.size !== current.size) {
      const ends = await this.#cluster.listOffsets(topic, LATEST);
      this.#positions.set(topic, ends);
      this.#registry.wake(topic, ends);
    }
    for (const [nodeId, partitions] of groupByLeader(current)) {
      const asked = leaders.get(nodeId) ?? [];
      leaders.set(nodeId, asked);
      for (const partition of partitions) {
        const fetchOffset = this.#positions.get(topic)?.get(partition) ?? 0;
        asked.push({ topic, partition, fetchOffset });
      }
    }
  }

  async #pollLeader(nodeId: number, asked: readonly TopicPosition[]): Promise<void> {
    const request = encodeFetchRequest({
      replicaId: -1,
      maxWaitTime: LONG_POLL_MS,
      minBytes: 1,
      maxBytes: 1,
      isolationLevel: READ_COMMITTED,
      topics: groupByTopic(asked),
    });
    const broker = await this.#cluster.getBroker(nodeId);
    const answer = await this.#cluster.send(broker, { request, response: fetchResponse });
    for (const fetched of answer.partitions) this.#take(fetched);
  }

  #take({ topic, partition, errorCode, lastStableOffset, recordSet }: FetchedPartition): void {
    const positions = this.#positions.get(topic);
    if (errorCode !== 0) {
      // A moved leader, a re-created topic: look again, from its present end.
      if (errorCode !== CODE.OFFSET_OUT_OF_RANGE) this.#cluster.forget(topic);
      this.#positions.delete(topic);
      return;
    }
    const position = positions?.get(partition) ?? 0;
    if (recordSet.length === 0 && lastStableOffset <= position) return;
    positions?.set(partition, Math.max(position, lastStableOffset));
    this.#registry.wake(topic, positions);
  }
}

const PAUSE_IDLE_MS = 100;

interface TopicPosition {
  readonly topic: string;
  readonly partition: number;
  readonly fetchOffset: number;
}

type FetchTopics = Parameters<typeof encodeFetchRequest>[0]['topics'];

function groupByTopic(asked: readonly TopicPosition[]): FetchTopics {
  const topics = new Map<string, { partition: number; fetchOffset: number; maxBytes: number }[]>();
  for (const { topic, partition, fetchOffset } of asked) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partition, fetchOffset, maxBytes: 1 });
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
