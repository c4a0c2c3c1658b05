import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import {
  findFreePort,
  findProgram,
  type ServerProcess,
  startServer,
} from '../../standalone/src/services/index.ts';
import { KAFKA_VERSION, SLF4J } from './kafka.ts';
import { DOWNLOADS } from './download-cache.ts';
import { fetchJars, hasJars } from './maven.ts';

export const DEBEZIUM_VERSION = '3.5.0.Final';

/** Where the jars lie. */
export const CONNECT_HOME = path.join(
  DOWNLOADS,
  `connect-${KAFKA_VERSION}-debezium-${DEBEZIUM_VERSION}`,
);
const WORKER = path.join(CONNECT_HOME, 'worker');
const PLUGINS = path.join(CONNECT_HOME, 'plugins');
const CONNECTORS = ['mariadb', 'mysql'] as const;

export interface ConnectOptions {
  readonly folder: string;
  readonly brokers: string;
  /** (Default: a free one) */
  readonly port?: number;
  /** More worker settings, `name=value`. */
  readonly settings?: readonly string[];
}

export interface ConnectServer extends ServerProcess {
  /** Of its REST API. */
  readonly url: string;
  readonly port: number;
}

export function hasConnectJars(): boolean {
  return hasJars(WORKER) && CONNECTORS.every((name) => hasJars(path.join(PLUGINS, name)));
}

/** A Kafka Connect worker and Debezium's connectors for MariaDB and MySQL, 95 MB. */
export function fetchConnectJars(): void {
  const worker = ['connect-runtime', 'connect-json', 'connect-api', 'connect-transforms'];
  const ofKafka = worker.map((name) => `org.apache.kafka:${name}:${KAFKA_VERSION}`);
  fetchJars(WORKER, [...ofKafka, SLF4J]);
  for (const name of CONNECTORS) {
    const folder = path.join(PLUGINS, name);
    fetchJars(folder, [`io.debezium:debezium-connector-${name}:${DEBEZIUM_VERSION}`]);
    leaveToWorker(folder);
  }
}

/** A second copy of what the worker itself has makes two classes of one name: Debezium's archives lack them too. */
function leaveToWorker(plugin: string): void {
  const provided = new Set(readdirSync(WORKER).map(artifactOf));
  for (const jar of readdirSync(plugin))
    if (jar.endsWith('.jar') && provided.has(artifactOf(jar))) rmSync(path.join(plugin, jar));
}

/** `kafka-clients-4.1.0.jar` → `kafka-clients`. */
function artifactOf(jar: string): string {
  return jar.replace(/-\d.*\.jar$/, '');
}

/** Starts a worker in distributed mode, as compose does: its connectors and offsets lie in Kafka. */
export async function startConnect(options: ConnectOptions): Promise<ConnectServer> {
  const port = options.port ?? (await findFreePort());
  const url = `http://127.0.0.1:${port}`;
  const config = path.join(options.folder, 'connect.properties');
  mkdirSync(options.folder, { recursive: true });
  writeFileSync(config, workerConfig(options, url));
  const server = await startServer({
    name: 'Kafka Connect',
    command: findProgram(['java']) ?? 'java',
    args: [
      ...['-Xmx1g', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${WORKER}/*`],
      ...['org.apache.kafka.connect.cli.ConnectDistributed', config],
    ],
    logFile: path.join(options.folder, 'connect.log'),
    probe: async () => {
      const answer = await fetch(`${url}/connectors`);
      if (!answer.ok) throw new RangeError(`it answers ${answer.status}`);
    },
    readyWithinMs: 120_000,
  });
  return { ...server, url, port };
}

function workerConfig({ brokers, settings = [] }: ConnectOptions, url: string): string {
  const topics = ['config', 'offset', 'status'].flatMap((kind) => [
    `${kind}.storage.topic=connect-${kind}s`,
    `${kind}.storage.replication.factor=1`,
  ]);
  return [
    `bootstrap.servers=${brokers}`,
    'group.id=connect',
    `listeners=${url}`,
    'rest.advertised.host.name=127.0.0.1',
    `plugin.path=${PLUGINS}`,
    'plugin.discovery=SERVICE_LOAD',
    'key.converter=org.apache.kafka.connect.json.JsonConverter',
    'value.converter=org.apache.kafka.connect.json.JsonConverter',
    ...topics,
    'offset.storage.partitions=1',
    'status.storage.partitions=1',
    ...settings,
    '',
  ].join('\n');
}
