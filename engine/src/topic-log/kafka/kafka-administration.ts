import kafkajs, { type Admin, type KafkaConfig } from 'kafkajs';

import type { EnsureTopicOptions } from '../topic-log.ts';
import { topicMissing } from '../errors.ts';
import { CODE, hasCode } from './kafka-errors.ts';

/** The first broker may be the controller of a cluster that is just starting. */
const ANY_PARTITION_LEADER_MS = 10_000;

/**
 * Topic administration over kafkajs' public admin client, a connection an operation: an admin remembers
 * every topic it saw and fails for all of them once one is deleted.
 */
export class KafkaAdministration {
  readonly #config: KafkaConfig;

  constructor(config: KafkaConfig) {
    this.#config = config;
  }

  /** Does nothing when the topic exists. */
  async createTopic(
    topic: string,
    options: EnsureTopicOptions & { readonly settings: Readonly<Record<string, string>> },
  ): Promise<void> {
    const settings = {
      ...options.settings,
      ...(options.compacted === true ? { 'cleanup.policy': 'compact' } : {}),
    };
    await this.#run((admin) =>
      admin.createTopics({
        timeout: ANY_PARTITION_LEADER_MS,
        // The caller waits: kafkajs would take a broker that has not heard of the topic yet for a failure.
        waitForLeaders: false,
        topics: [
          {
            topic,
            numPartitions: options.partitions,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    );
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await this.#run((admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }));
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#run((admin) => admin.deleteTopics({ topics: [topic] })).catch((error: unknown) => {
      if (!hasCode(error, CODE.UNKNOWN_TOPIC_OR_PARTITION)) throw error;
    });
  }

  async deleteRecordsBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    await this.#run(async (admin) => {
      // Loads the leaders, without which the call below fails.
      await admin.fetchTopicOffsets(topic);
      const partitions = [...offsets].map(([partition, offset]) => ({
        partition,
        offset: String(offset),
      }));
      await admin.deleteTopicRecords({ topic, partitions });
    });
  }

  /** The topic's `cleanup.policy`. */
  async readCleanupPolicy(topic: string): Promise<string> {
    const described = await this.#run((admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] },
        ],
      }),
    ).catch((error: unknown) => {
      throw hasCode(error, CODE.UNKNOWN_TOPIC_OR_PARTITION) ? topicMissing(topic) : error;
    });
    return described.resources[0]?.configEntries[0]?.configValue ?? '';
  }

  async #run<T>(operation: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new kafkajs.Kafka(this.#config).admin();
    try {
      await admin.connect();
      return await operation(admin);
    } finally {
      await admin.disconnect();
    }
  }
}
