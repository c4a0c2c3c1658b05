import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import {
  findFreePort,
  findProgram,
  type ServerProcess,
  startServer,
} from '../../standalone/src/services/index.ts';
import { DOWNLOADS } from './download-cache.ts';
import { fetchJars, hasJars } from './maven.ts';

export const KAFKA_VERSION = '4.1.0';

/** Logs to standard error, as servers of ours do. */
export const SLF4J = 'org.slf4j:slf4j-simple:1.7.36';

const JARS = path.join(DOWNLOADS, `kafka-${KAFKA_VERSION}`);

export interface KafkaOptions {
  readonly folder: string;
  /** Give the same ports to bring a stopped broker back. (Default: free ones) */
  readonly ports?: KafkaPorts;
  /** More broker settings, `name=value`. */
  readonly settings?: readonly string[];
  /** A second way in, beside the plain one. */
  readonly listener?: KafkaListener;
  /** The same of all brokers of a cluster. (Default: a new one) */
  readonly clusterId?: string;
  /** More arguments of the first formatting: `--add-scram` and a user. */
  readonly formatting?: readonly string[];
}

export interface KafkaListener {
  readonly name: string;
  readonly protocol: 'PLAINTEXT' | 'SASL_SSL';
  /** `host:port` where it listens. */
  readonly address: string;
  /** `host:port` that clients are told. (Default: the same) */
  readonly advertised?: string;
}

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

export interface KafkaServer extends ServerProcess {
  readonly brokers: string;
  readonly ports: KafkaPorts;
}

export function hasKafkaJars(): boolean {
  return hasJars(JARS);
}

/** The broker's jars, 54 MB. */
export function fetchKafkaJars(): void {
  fetchJars(JARS, [`org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`, SLF4J]);
}

/** Starts a one-node Kafka in KRaft mode, formatting its folder first where that is new. */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const ports = options.ports ?? { broker: await findFreePort(), controller: await findFreePort() };
  const config = path.join(options.folder, 'server.properties');
  const java = findProgram(['java']) ?? 'java';
  const classpath = ['-cp', `${JARS}/*`];
  mkdirSync(options.folder, { recursive: true });
  writeFileSync(config, brokerConfig(options, ports));
  if (!existsSync(path.join(options.folder, 'data'))) {
    const tool = [...classpath, 'kafka.tools.StorageTool'];
    const id = options.clusterId ?? randomBytes(16).toString('base64url');
    // One argument: an id may begin with a dash, and would be taken for an option.
    const format = ['format', `--cluster-id=${id}`, '-c', config, ...(options.formatting ?? [])];
    execFileSync(java, [...tool, ...format], { stdio: 'pipe' });
  }
  const server = await startServer({
    name: 'Kafka',
    command: java,
    args: [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...classpath,
      'kafka.Kafka',
      config,
    ],
    logFile: path.join(options.folder, 'server.log'),
    probe: () => connectable(ports.broker),
    readyWithinMs: 60_000,
  });
  return { ...server, brokers: `127.0.0.1:${ports.broker}`, ports };
}

function brokerConfig(options: KafkaOptions, { broker, controller }: KafkaPorts): string {
  const own = { name: 'PLAINTEXT', protocol: 'PLAINTEXT', address: `127.0.0.1:${broker}` } as const;
  const listeners: readonly KafkaListener[] = [
    own,
    ...(options.listener ? [options.listener] : []),
  ];
  const places = listeners.map(({ name, address }) => `${name}://${address}`);
  const told = listeners.map(
    ({ name, address, advertised }) => `${name}://${advertised ?? address}`,
  );
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`);
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=CONTROLLER://127.0.0.1:${controller},${places.join(',')}`,
    `advertised.listeners=${told.join(',')}`,
    `listener.security.protocol.map=CONTROLLER:PLAINTEXT,${protocols.join(',')}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${path.join(options.folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=3',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=3',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    'message.max.bytes=33554432',
    'replica.fetch.max.bytes=33554432',
    ...(options.settings ?? []),
    '',
  ].join('\n');
}

function connectable(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
