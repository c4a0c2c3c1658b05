import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { BANK, OWN_DAGS } from '@tidegate/standalone/process';
import { readWorkerConfig } from '@tidegate/workers/worker';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { commandNames } from '../program.ts';
import { readServiceConfig, SERVICES, type ServiceName } from './config.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const text = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const compose = readCompose({});
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image === 'tidegate');

it('is a compose file, by the specification’s own schema', () => {
  const text = readFileSync(path.join(ROOT, 'deploy/compose-spec.json'), 'utf8');
  const schema = JSON.parse(text) as Record<string, unknown>;
  // It names its draft by another address than Ajv does; draft 7 is what Ajv reads anyway.
  delete schema['$schema'];
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.validate(schema, compose);
  expect(ajv.errors ?? []).toEqual([]);
});

it('offers the seeds’ ports, on this machine only', () => {
  const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [port, name]));
  expect(Object.fromEntries(published)).toEqual({
    '127.0.0.1:8080:8080': 'api',
    '127.0.0.1:3307:3306': 'mysql',
    '127.0.0.1:5432:5432': 'postgres',
    '127.0.0.1:9092:9092': 'kafka',
    '127.0.0.1:8123:8123': 'clickhouse',
    '127.0.0.1:8083:8083': 'connect',
  });
});

it('runs only commands this command line has, with variables it knows', () => {
  expect(ours.map(([name]) => name).sort()).toEqual(
    ['api', 'capture', 'dag-processor', 'migrate', 'scheduler', 'worker'].sort(),
  );
  for (const [, { command = [], environment }] of ours) {
    const [verb = ''] = command;
    expect(commandNames()).toContain(verb);
    expect(SERVICES).toContain(verb);
    // It throws on what is missing, malformed or unknown.
    readServiceConfig(verb as ServiceName, { ...environment });
    if (verb === 'worker') readWorkerConfig(null, environment);
  }
});

it('tells workers and scheduler the same secrets, and each where the others are', () => {
  const environment = (name: string) => compose.services[name]?.environment ?? {};
  const scheduler = environment('scheduler');
  for (const name of ['worker', 'dag-processor']) {
    const { TIDEGATE_WORKER_TOKEN: token, TIDEGATE_EXECUTION_URL: url = '' } = environment(name);
    expect(token).toBe(scheduler['TIDEGATE_WORKER_TOKEN']);
    expect([new URL(url).hostname, new URL(url).port]).toEqual([
      'scheduler',
      scheduler['TIDEGATE_EXECUTION_PORT'],
    ]);
  }
  expect(environment('worker')['TIDEGATE_REDIS_URL']).toBe(scheduler['TIDEGATE_REDIS_URL']);
  for (const [, service] of ours) {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (!/_URL$|_CONN_|BROKERS/.test(name)) continue;
      const { hostname } = new URL(value.includes('://') ? value : `kafka://${value}`);
      expect(Object.keys(compose.services)).toContain(hostname);
    }
  }
});

it('uses the seeds’ users, as the files of a first start make them', () => {
  const file = (name: string) => readFileSync(path.join(ROOT, 'deploy', name), 'utf8');
  const { user, password, database } = BANK.sourceUser;
  expect(file('mysql/02-create-users.sql')).toContain(`'${user}'@'%' identified by '${password}'`);
  expect(file('postgres/01-create-databases.sql')).toContain(
    `role ${BANK.warehouse.user} login password '${BANK.warehouse.password}'`,
  );
  expect(compose.services['capture']?.environment?.['TIDEGATE_CONN_BANKDB']).toBe(
    `mysql://${user}:${password}@mysql:3306/${database}`,
  );
  expect(compose.services['scheduler']?.environment?.['TIDEGATE_CONN_BANKDW']).toBe(
    `postgres://${BANK.warehouse.user}:${BANK.warehouse.password}@postgres:5432/bankdw`,
  );
});

it('watches every service’s health, and waits for what each stands on', () => {
  for (const [name, service] of services) {
    const isOneOff = ['migrate', 'connect-register'].includes(name);
    expect([name, service.healthcheck !== undefined]).toEqual([name, !isOneOff]);
    for (const [on, { condition }] of Object.entries(service.depends_on ?? {})) {
      const expected = on === 'migrate' ? 'service_completed_successfully' : 'service_healthy';
      expect([name, on, condition]).toEqual([name, on, expected]);
      expect(Object.keys(compose.services)).toContain(on);
    }
  }
});

it('lets one writer only write the topics: our capture, or Debezium when it is off', () => {
  const { capture, connect, 'connect-register': register } = compose.services;
  expect([connect?.profiles, register?.profiles]).toEqual([['debezium'], ['debezium']]);
  for (const value of ['on', 'off']) {
    const { services: given } = readCompose({ TIDEGATE_CAPTURE: value });
    for (const name of ['capture', 'connect-register'])
      expect(given[name]?.environment?.['TIDEGATE_CAPTURE']).toBe(value);
  }
  expect(capture?.environment?.['TIDEGATE_CAPTURE']).toBe('on');
});

it('mounts files and folders that exist', () => {
  const mounted = services.flatMap(([, { volumes = [] }]) =>
    volumes.flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []),
  );
  expect(mounted.length).toBeGreaterThan(5);
  for (const file of mounted) expect(readable(path.join(ROOT, file))).toBe(true);
  expect(path.relative(ROOT, OWN_DAGS)).toBe('dags/src');
});

it('has Debezium write the very topics the DAGs read', () => {
  const folder = path.join(ROOT, 'deploy/connect');
  const topics = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const config = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Record<
        string,
        string
      >;
      return `${config['topic.prefix'] ?? ''}.${config['table.include.list'] ?? ''}`;
    });
  expect(topics).toEqual([BANK.topic]);
});

/** The file with its variables filled in, as `docker compose` does. */
function readCompose(env: Readonly<Record<string, string>>): {
  services: Record<string, Service>;
} {
  const fill = (_key: unknown, value: unknown): unknown =>
    typeof value === 'string'
      ? value.replaceAll(
          /\$\{(\w+):-([^}]*)\}/g,
          (_all, name: string, fallback: string) => env[name] ?? fallback,
        )
      : value;
  const read: unknown = parse(text, { merge: true });
  return JSON.parse(JSON.stringify(read, fill)) as { services: Record<string, Service> };
}

function readable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}
