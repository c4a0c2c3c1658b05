import { mkdtempSync, rmSync } from 'node:fs';
import { chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import {
  type PostgresBinaries,
  type ServerProcess,
  startMysql,
  startPostgres,
} from '../../standalone/src/services/index.ts';
import type { TestProject } from 'vitest/node';

import { CONNECT_HOME } from './connect.ts';
import { startKafka } from './kafka.ts';
import { MYSQL } from './mysql.ts';
import { fetchPostgres, OLDEST_POSTGRES } from './old-postgres.ts';
import { provision } from './provision.ts';
import { startRedis } from './redis.ts';
import type { ServiceAddresses, ServiceKind } from './service-addresses.ts';

type StartedKind = Exclude<ServiceKind, 'connect'>;
type Starter = (folder: string) => Promise<[address: string, server: ServerProcess]>;

const STARTERS: Readonly<Record<StartedKind, Starter>> = {
  postgres: async (folder) => {
    const server = await startPostgres({
      dataFolder: path.join(folder, 'postgres'),
      logFile: path.join(folder, 'postgres.log'),
      binaries: oldestPostgres(),
      settings: ['max_connections=300', 'shared_buffers=256MB'],
    });
    return [server.url, server];
  },
  mariadb: async (folder) => {
    const dataFolder = path.join(folder, 'mariadb');
    const server = await startMysql({ dataFolder, logFile: path.join(folder, 'mariadb.log') });
    return [server.url, server];
  },
  mysql: async (folder) => {
    const dataFolder = path.join(folder, 'mysql');
    const logFile = path.join(folder, 'mysql.log');
    const server = await startMysql({ ...MYSQL, dataFolder, logFile });
    return [server.url, server];
  },
  kafka: async (folder) => {
    const server = await startKafka({ folder: path.join(folder, 'kafka') });
    return [server.brokers, server];
  },
  redis: async (folder) => {
    const server = await startRedis({ folder });
    return [server.url, server];
  },
};

/** Finds or starts one server of each kind for this test run, and tells the tests where they are. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-test-'));
  chmodSync(folder, 0o755);
  const given = fromEnvironment();
  const wanted = wantedBy(project.name);
  const missing = provision(wanted, given);
  announceMissing(missing);
  const running: ServerProcess[] = [];
  const start = async (kind: StartedKind): Promise<string | null> => {
    if (given[kind] !== null || missing.has(kind)) return given[kind];
    const [address, server] = await STARTERS[kind](folder);
    running.push(server);
    return address;
  };
  const [postgres, mariadb, mysql, kafka, redis] = await Promise.all([
    start('postgres'),
    start('mariadb'),
    start('mysql'),
    start('kafka'),
    start('redis'),
  ]);
  const connect = wanted.includes('connect') && !missing.has('connect') ? CONNECT_HOME : null;
  project.provide('services', { postgres, mariadb, mysql, kafka, redis, connect });
  return async () => {
    await Promise.all(running.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
}

/** What the product embeds is the newest; tests of its parts run on the oldest it takes. */
function oldestPostgres(): PostgresBinaries {
  try {
    return fetchPostgres(OLDEST_POSTGRES);
  } catch (error) {
    console.error(`PostgreSQL ${OLDEST_POSTGRES} cannot be had, another one is used:`, error);
    return 'installed-first';
  }
}

/** Connect is a download of 100 MB that only the long tests need. */
function wantedBy(project: string): ServiceKind[] {
  const kinds = Object.keys(STARTERS) as ServiceKind[];
  return project === 'long' ? [...kinds, 'connect'] : kinds;
}

function fromEnvironment(): ServiceAddresses {
  const { env } = process;
  return {
    postgres: env['TIDEGATE_TEST_POSTGRES_URL'] ?? null,
    mariadb: env['TIDEGATE_TEST_MARIADB_URL'] ?? null,
    mysql: env['TIDEGATE_TEST_MYSQL_URL'] ?? null,
    kafka: env['TIDEGATE_TEST_KAFKA_BROKERS'] ?? null,
    redis: env['TIDEGATE_TEST_REDIS_URL'] ?? null,
    connect: null,
  };
}

function announceMissing(missing: ReadonlyMap<ServiceKind, string>): void {
  for (const [kind, reason] of missing) {
    console.error(`\n*** ${kind} is missing, its suites are SKIPPED: ${reason}\n`);
  }
  if (missing.size > 0 && process.env['CI'] !== undefined) {
    throw new Error(`in CI every service is required; missing: ${[...missing.keys()].join(', ')}`);
  }
}
