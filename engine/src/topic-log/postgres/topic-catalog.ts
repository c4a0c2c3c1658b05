import { partitionMissing, topicMissing } from '../errors.ts';
import { readSafeInteger } from './offsets.ts';
import type { PostgresConnections } from './connections.ts';
import { listHeads, type HeadRow } from './statements.ts';

export interface TopicFacts {
  readonly partitions: number;
  readonly compacted: boolean;
}

export interface PartitionHead {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** What appends need to know of a topic; kept until an append finds it wrong. */
export class TopicCatalog {
  readonly #connections: PostgresConnections;
  readonly #facts = new Map<string, TopicFacts>();

  constructor(connections: PostgresConnections) {
    this.#connections = connections;
  }

  async getFacts(topic: string): Promise<TopicFacts> {
    return this.#facts.get(topic) ?? (await this.#load(topic)).facts;
  }

  /** Always asks the log. Throws `TOPIC_MISSING`. */
  async getHeads(topic: string): Promise<PartitionHead[]> {
    return (await this.#load(topic)).heads;
  }

  async getHead(topic: string, partition: number): Promise<PartitionHead> {
    const heads = await this.getHeads(topic);
    const head = heads.find((each) => each.partition === partition);
    if (head === undefined) throw partitionMissing(topic, partition);
    return head;
  }

  forget(topic: string): void {
    this.#facts.delete(topic);
  }

  async #load(topic: string): Promise<{ facts: TopicFacts; heads: PartitionHead[] }> {
    const rows = await this.#connections.query<HeadRow>(listHeads(topic));
    const [first] = rows;
    if (first === undefined) {
      this.forget(topic);
      throw topicMissing(topic);
    }
    const facts = { partitions: rows.length, compacted: first.compacted };
    this.#facts.set(topic, facts);
    const heads = rows.map((row) => ({
      partition: row.partition,
      start: readSafeInteger(row.start_offset),
      end: readSafeInteger(row.next_offset),
    }));
    return { facts, heads };
  }
}
