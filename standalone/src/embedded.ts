import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { BugError, type Logger } from '@tidegate/engine/platform';

import { BANK, BANK_SOURCE_SQL, BANK_WAREHOUSE_SQL } from './bank.ts';
import type { StandaloneConfig } from './config.ts';
import { portInUse, StandaloneError } from './errors.ts';
import type { HomeSecrets } from './home.ts';
import { naming } from './name-fault.ts';
import { isFreeSoon, StablePorts } from './ports.ts';
import {
  applyMysqlFile,
  checkPostgres,
  ensureMysqlUser,
  ensurePostgresDatabases,
  ensureTables,
  findMysqlProgram,
  PostgresUnusable,
  type ServerProcess,
  startMysql,
  overSocket,
  startPostgres,
  superviseServer,
} from './services/index.ts';

/** Where everything is, embedded or named by the environment. */
export interface Databases {
  readonly metadataUrl: string;
  /** Undefined when the topic log is Kafka. */
  readonly topicLogUrl: string | undefined;
  readonly warehouseUrl: string;
  readonly source: Source;
  /** What was started here, to be stopped last. */
  readonly servers: readonly ServerProcess[];
  /** A line each for the person who started us. */
  readonly notes: readonly string[];
}

export type Source =
  | { readonly kind: 'mysql'; readonly url: string }
  | { readonly kind: 'sample' }
  | { readonly kind: 'elsewhere' };

/** Whether a database is to be captured: one that is named, or the one we start. */
export function hasSource({ isCaptureOn, connections }: StandaloneConfig): boolean {
  return isCaptureOn && (connections['BANKDB'] ?? findMysqlProgram()) !== undefined;
}

/** Starts what the environment does not name, and checks what it names. */
export async function openDatabases(
  config: StandaloneConfig,
  { secrets, logger }: { readonly secrets: HomeSecrets; readonly logger: Logger },
): Promise<Databases> {
  const ports = new StablePorts(path.join(config.home, 'ports.json'));
  const opening: Opening = { secrets, ports, logger };
  const started = await Promise.allSettled([
    openPostgres(config, opening),
    openSource(config, opening),
  ]);
  const [postgres, source] = started;
  if (postgres.status === 'fulfilled' && source.status === 'fulfilled') {
    const servers = [...source.value.servers, ...postgres.value.servers];
    return {
      ...postgres.value,
      source: source.value.source,
      servers,
      notes: [...postgres.value.notes, ...source.value.notes],
    };
  }
  // One of the two failed: what the other one started must not outlive us.
  for (const one of started) {
    if (one.status === 'fulfilled')
      await Promise.all(one.value.servers.map((server) => server.stop()));
  }
  const failed = started.find((one) => one.status === 'rejected');
  throw failed?.reason;
}

interface Opening {
  readonly secrets: HomeSecrets;
  readonly ports: StablePorts;
  readonly logger: Logger;
}

interface OpenedPostgres extends Omit<Databases, 'source'> {
  readonly notes: readonly string[];
}

async function openPostgres(config: StandaloneConfig, opening: Opening): Promise<OpenedPostgres> {
  const warehouse = config.connections['BANKDW'];
  await checkNamed({
    TIDEGATE_DATABASE_URL: config.databaseUrl,
    TIDEGATE_CONN_BANKDW: warehouse,
  });
  const isNeeded = [config.databaseUrl, warehouse, config.kafka].includes(undefined);
  const embedded = isNeeded ? await startEmbedded(config, opening) : undefined;
  const metadataUrl = pick(config.databaseUrl, embedded?.metadataUrl);
  const warehouseUrl = pick(warehouse, embedded?.warehouseUrl);
  const tables = readFileSync(BANK_WAREHOUSE_SQL, 'utf8');
  await naming({ variable: 'TIDEGATE_CONN_BANKDW', url: warehouse }, 'TARGET_UNUSABLE', () =>
    ensureTables(warehouseUrl, 'bank_accounts_history', tables),
  ).catch(async (error: unknown) => {
    await embedded?.server.stop();
    throw error;
  });
  return {
    metadataUrl,
    topicLogUrl: config.kafka === undefined ? embedded?.topicLogUrl : undefined,
    warehouseUrl,
    servers: embedded === undefined ? [] : [embedded.server],
    notes: describePostgres(config, warehouseUrl),
  };
}

/** What is named wins over what is embedded; one of the two is always there. */
function pick(named: string | undefined, embedded: string | undefined): string {
  const url = named ?? embedded;
  if (url === undefined) throw new BugError('a database is neither named nor embedded');
  return url;
}

function describePostgres(config: StandaloneConfig, warehouseUrl: string): string[] {
  const { databaseUrl, kafka } = config;
  // The embedded warehouse's password is no secret: the seeds' users know it.
  const isOwn = config.connections['BANKDW'] === undefined;
  return [
    `metadata   ${databaseUrl === undefined ? 'embedded PostgreSQL' : withoutPassword(databaseUrl)}`,
    `topic log  ${kafka === undefined ? 'embedded PostgreSQL' : `Kafka ${kafka.brokers.join(',')}`}`,
    `warehouse  ${isOwn ? warehouseUrl : withoutPassword(warehouseUrl)}`,
  ];
}

async function startEmbedded(config: StandaloneConfig, { secrets, ports, logger }: Opening) {
  const options = {
    dataFolder: path.join(config.home, 'postgres'),
    logFile: path.join(config.home, 'logs', 'postgres.log'),
    port: await (config.postgresPort === undefined
      ? ports.get('postgres')
      : checkedPort(config.postgresPort)),
    password: secrets.postgresPassword,
    settings: ['max_connections=100', 'shared_buffers=128MB', 'deadlock_timeout=200ms'],
  };
  const startAgain = () => startPostgres(options);
  const started = await startAgain();
  const server = superviseServer(started, { name: 'PostgreSQL', startAgain, logger });
  const own = { password: secrets.postgresPassword };
  const [metadataUrl, topicLogUrl, warehouseUrl] = (await ensurePostgresDatabases(started.url, [
    { name: 'tidegate', user: 'tidegate', ...own },
    { name: 'tidegate_log', user: 'tidegate_log', ...own },
    BANK.warehouse,
  ])) as [string, string, string];
  return {
    server,
    metadataUrl: overSocket(metadataUrl, started),
    topicLogUrl: overSocket(topicLogUrl, started),
    warehouseUrl,
  };
}

interface OpenedSource {
  readonly source: Source;
  readonly servers: readonly ServerProcess[];
  readonly notes: readonly string[];
}

async function openSource(config: StandaloneConfig, opening: Opening): Promise<OpenedSource> {
  const named = config.connections['BANKDB'];
  if (!config.isCaptureOn) {
    return {
      source: { kind: 'elsewhere' },
      servers: [],
      notes: ['source     written by others (TIDEGATE_CAPTURE=off)'],
    };
  }
  if (named !== undefined) {
    return {
      source: { kind: 'mysql', url: named },
      servers: [],
      notes: [`source     ${withoutPassword(named)}`],
    };
  }
  if (findMysqlProgram() === undefined) {
    const note =
      'source     SAMPLE DATA: no MySQL or MariaDB is installed, a built-in feed makes changes up';
    return { source: { kind: 'sample' }, servers: [], notes: [note] };
  }
  const { url, server } = await startBankSource(config, opening);
  return { source: { kind: 'mysql', url }, servers: [server], notes: [`source     ${url}`] };
}

async function startBankSource(config: StandaloneConfig, { ports, logger }: Opening) {
  const options = {
    dataFolder: path.join(config.home, 'mysql'),
    logFile: path.join(config.home, 'logs', 'mysql.log'),
    port: await ports.get('mysql'),
  };
  // At every start: a crash soon after the account was made takes it along.
  const startAgain = async () => {
    const started = await startMysql(options);
    await ensureMysqlUser(started.url, BANK.sourceUser);
    return started;
  };
  const server = superviseServer(await startAgain(), { name: 'MariaDB', startAgain, logger });
  await fillBankSource(server.url, path.join(config.home, 'mysql-filled'));
  const { user, password, database } = BANK.sourceUser;
  return { url: `mysql://${user}:${password}@127.0.0.1:${server.port}/${database}`, server };
}

/** Only once: sample rows a person deleted must stay deleted. Remembered when done, not when begun. */
async function fillBankSource(url: string, marker: string): Promise<void> {
  if (existsSync(marker)) return;
  await applyMysqlFile(url, BANK_SOURCE_SQL);
  writeFileSync(marker, '');
}

/** Looks at every database that is named, and tells all that is wrong at once. */
async function checkNamed(urls: Readonly<Record<string, string | undefined>>): Promise<void> {
  const checks = Object.entries(urls).map(async ([variable, url]) => {
    if (url !== undefined) await checkPostgres(variable, url);
  });
  const faults: string[] = [];
  for (const check of await Promise.allSettled(checks)) {
    if (check.status === 'fulfilled') continue;
    if (!(check.reason instanceof PostgresUnusable)) throw check.reason;
    faults.push(check.reason.message);
  }
  if (faults.length > 0) throw new StandaloneError('TARGET_UNUSABLE', faults.join('\n'));
}

/** A port a person chose is used or refused by name; it is never replaced by another. */
async function checkedPort(port: number): Promise<number> {
  if (await isFreeSoon(port)) return port;
  throw portInUse('127.0.0.1', port, 'TIDEGATE_POSTGRES_PORT');
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
