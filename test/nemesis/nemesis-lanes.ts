import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type CuttableProxy, startProxy } from '../cdc/cuttable-proxy.ts';
import { StandaloneUnderTest } from '../end-to-end/standalone-under-test.ts';
import { type KafkaServer, startKafka } from '../services/kafka.ts';
import { type RedisServer, startRedis } from '../services/redis.ts';
import { createPostgresDatabase } from '../services/services.ts';
import type { Fault } from './nemesis.ts';
import {
  kills,
  longStops,
  PROGRAMS,
  restarts,
  SERVERS,
  stops,
  terminations,
} from './process-faults.ts';

/** A product that runs, and what can be done to it. */
export interface NemesisLane extends AsyncDisposable {
  readonly standalone: StandaloneUnderTest;
  readonly faults: readonly Fault[];
  /** Faults that last longer than a short test has time for. */
  readonly lasting: readonly Fault[];
}

/** `npm start` on a machine that has MariaDB and nothing else: everything embedded, the PostgreSQL lane. */
export async function startEmbeddedLane(): Promise<NemesisLane> {
  const standalone = new StandaloneUnderTest();
  await standalone.start();
  return {
    standalone,
    faults: [
      ...kills(standalone, [...PROGRAMS, ...SERVERS]),
      ...stops(standalone, [...PROGRAMS, ...SERVERS]),
      ...restarts(standalone),
      terminations([() => standalone.metadataUrl, () => standalone.warehouseUrl]),
    ],
    lasting: longStops(standalone, [...PROGRAMS, ...SERVERS]),
    [Symbol.asyncDispose]: () => standalone[Symbol.asyncDispose](),
  };
}

/** Real Kafka and Redis, the BullMQ lane, and metadata behind a network that can be cut. */
export async function startServicesLane(): Promise<NemesisLane> {
  const database = await createPostgresDatabase('nemesis');
  const proxy = await startProxy(database.url);
  const env: NodeJS.ProcessEnv = { TIDEGATE_DATABASE_URL: proxy.through(database.url) };
  const standalone = new StandaloneElsewhere({ env }, database.url);
  const servers = new Servers(standalone.scratch);
  await servers.start(env);
  const redisProxy = await startProxy(servers.redis.url);
  env['TIDEGATE_REDIS_URL'] = redisProxy.through(servers.redis.url);
  await standalone.start();
  return {
    standalone,
    faults: [
      ...kills(standalone, [...PROGRAMS, ...SERVERS]),
      ...stops(standalone, PROGRAMS),
      ...networkFaults('metadata', proxy),
      ...networkFaults('Redis', redisProxy),
      ...servers.faults(),
      terminations([() => database.url, () => standalone.warehouseUrl]),
    ],
    lasting: longStops(standalone, PROGRAMS),
    [Symbol.asyncDispose]: async () => {
      await standalone[Symbol.asyncDispose]();
      await redisProxy[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await servers.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Metadata in a database that is not its own; asked without the proxy. */
class StandaloneElsewhere extends StandaloneUnderTest {
  readonly #metadataUrl: string;

  constructor(options: { readonly env: NodeJS.ProcessEnv }, metadataUrl: string) {
    super(options);
    this.#metadataUrl = metadataUrl;
  }

  override get metadataUrl(): string {
    return this.#metadataUrl;
  }
}

class Servers {
  readonly #folder: string;
  kafka!: KafkaServer;
  redis!: RedisServer;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(env: NodeJS.ProcessEnv): Promise<void> {
    this.kafka = await startKafka({ folder: path.join(this.#folder, 'kafka') });
    this.redis = await startRedis({ folder: path.join(this.#folder, 'redis') });
    env['TIDEGATE_KAFKA_BROKERS'] = this.kafka.brokers;
  }

  async stop(): Promise<void> {
    await Promise.all([this.kafka.stop(), this.redis.stop()]);
  }

  faults(): Fault[] {
    return [
      { name: 'SIGTERM of Kafka', weight: 1, strike: () => this.#restartKafka('SIGTERM') },
      { name: 'kill -9 of Kafka', weight: 1, strike: () => this.#restartKafka('SIGKILL') },
      {
        name: 'SIGSTOP of Kafka',
        weight: 1,
        strike: async (random) => {
          process.kill(this.kafka.pid, 'SIGSTOP');
          await delay(random.between(500, 8_000));
          process.kill(this.kafka.pid, 'SIGCONT');
        },
      },
      { name: 'Redis killed, back empty', weight: 3, strike: () => this.#restartRedis() },
    ];
  }

  async #restartKafka(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { ports } = this.kafka;
    if (how === 'SIGKILL') process.kill(this.kafka.pid, 'SIGKILL');
    await this.kafka.stop();
    this.kafka = await startKafka({ folder: path.join(this.#folder, 'kafka'), ports });
  }

  async #restartRedis(): Promise<void> {
    const { port } = this.redis;
    await this.redis.stop(0);
    this.redis = await startRedis({ folder: path.join(this.#folder, 'redis'), port });
  }
}

function networkFaults(what: string, proxy: CuttableProxy): Fault[] {
  return [
    {
      name: `${what}: connections cut`,
      weight: 2,
      strike: async (random) => {
        await proxy.cut();
        await delay(random.between(50, 4_000));
        await proxy.mend();
      },
    },
    {
      name: `${what}: half open`,
      weight: 2,
      strike: (random) => proxy.silence(random.between(500, 12_000)),
    },
    {
      name: `${what}: slow`,
      weight: 1,
      strike: (random) => proxy.slow(random.between(20, 200), random.between(1_000, 5_000)),
    },
  ];
}
