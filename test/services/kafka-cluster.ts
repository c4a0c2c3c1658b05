import { randomBytes } from 'node:crypto';
import path from 'node:path';

import { findFreePort } from '../../standalone/src/services/index.ts';
import { type KafkaOptions, type KafkaServer, startKafka } from './kafka.ts';

const SIZE = 3;

/** Three brokers, each also a controller, that keep every record three times and want two of them to have it. */
export class KafkaCluster implements AsyncDisposable {
  readonly #plans: readonly KafkaOptions[];
  readonly #running = new Map<number, KafkaServer>();

  private constructor(plans: readonly KafkaOptions[]) {
    this.#plans = plans;
  }

  static async start(folder: string): Promise<KafkaCluster> {
    const freePorts = async () => ({
      broker: await findFreePort(),
      controller: await findFreePort(),
    });
    const ports = await Promise.all(Array.from({ length: SIZE }, freePorts));
    const voters = ports.map(({ controller }, node) => `${node + 1}@127.0.0.1:${controller}`);
    const clusterId = randomBytes(16).toString('base64url');
    const cluster = new KafkaCluster(
      ports.map((own, node) => ({
        folder: path.join(folder, String(node + 1)),
        ports: own,
        clusterId,
        settings: [`node.id=${node + 1}`, `controller.quorum.voters=${voters.join(',')}`, ...KEPT],
      })),
    );
    // None answers before most of them are there.
    await Promise.all(ports.map((_, node) => cluster.startNode(node)));
    return cluster;
  }

  get size(): number {
    return SIZE;
  }

  /** `host:port` of all, running or not. */
  get brokers(): string[] {
    return this.#plans.map(({ ports }) => `127.0.0.1:${ports?.broker ?? 0}`);
  }

  /** Nodes count from 0. */
  async startNode(node: number): Promise<void> {
    const plan = this.#plans[node];
    if (plan !== undefined) this.#running.set(node, await startKafka(plan));
  }

  async killNode(node: number): Promise<void> {
    const server = this.#running.get(node);
    if (server === undefined) return;
    this.#running.delete(node);
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((node) => this.killNode(node)));
  }
}

const KEPT = [
  `default.replication.factor=${SIZE}`,
  'min.insync.replicas=2',
  `offsets.topic.replication.factor=${SIZE}`,
  `transaction.state.log.replication.factor=${SIZE}`,
  'transaction.state.log.min.isr=2',
  // A dead broker is noticed sooner than after the usual 9 s.
  'broker.session.timeout.ms=3000',
  'broker.heartbeat.interval.ms=500',
];
