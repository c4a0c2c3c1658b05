import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import {
  findFreePort,
  findProgram,
  type ServerProcess,
  startServer,
} from '../../standalone/src/services/index.ts';

const KAFKA_VERSION = '4.1.0';

/** Jars are kept between runs: they are 54 MB and never change. */
const JARS = path.join(os.homedir(), '.cache', 'tidegate', `kafka-${KAFKA_VERSION}`);

export interface KafkaOptions {
  readonly folder: string;
  /** Give the same ports to bring a stopped broker back. (Default: free ones) */
  readonly ports?: KafkaPorts;
  /** More broker settings, `name=value`. */
  readonly settings?: readonly string[];
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
  return existsSync(JARS) && readdirSync(JARS).some((file) => file.startsWith('kafka_'));
}

/** Gets the broker's jars with Maven, which knows where they live. */
export function fetchKafkaJars(): void {
  mkdirSync(JARS, { recursive: true });
  writeFileSync(path.join(JARS, 'pom.xml'), pom());
  execFileSync('mvn', ['-q', 'dependency:copy-dependencies', `-DoutputDirectory=${JARS}`], {
    cwd: JARS,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
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
    const id = execFileSync(java, [...tool, 'random-uuid'], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
    execFileSync(java, [...tool, 'format', '-t', id, '-c', config], { stdio: 'pipe' });
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
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${broker}`,
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

function pom(): string {
  const dependency = (group: string, name: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tidegate</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}</dependencies></project>
`;
}
