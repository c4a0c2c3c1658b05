import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StandaloneError } from './errors.ts';

/** Everything `npm start` can be told, parsed once at boot. Durations and ports as numbers, paths absolute. */
export interface StandaloneConfig {
  readonly home: string;
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: readonly string[];
  readonly dagsFolders: readonly string[];
  /** Metadata database; undefined: embedded. */
  readonly databaseUrl: string | undefined;
  /** Present: the BullMQ lane. */
  readonly redisUrl: string | undefined;
  /** Present: real Kafka. */
  readonly kafka: KafkaConfig | undefined;
  /** Where the embedded PostgreSQL listens; undefined: a free port. */
  readonly postgresPort: number | undefined;
  readonly isCaptureOn: boolean;
  readonly adminPassword: string | undefined;
  readonly workerConcurrency: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `TIDEGATE_CONN_<ID>` by id, upper case. */
  readonly connections: Readonly<Record<string, string>>;
  /** `TIDEGATE_VAR_<ID>` by id, upper case. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly sasl?: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: string;
  };
  /** `ca`: PEM of the authority. (Default: the system's) */
  readonly tls?: { readonly ca?: string };
}

type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

const port = z.coerce.number('is no port number').int('is no port number').min(1).max(65_535);
const onOff = z.enum(['on', 'off'], "must be 'on' or 'off'");
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.replace(':', '')),
      `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    );
const textFile = z.string().transform((file, context) => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    context.addIssue(`names a file that cannot be read: ${(error as Error).message}`);
    return z.NEVER;
  }
});
const list = (separator: string) =>
  z.string().transform((text) =>
    text
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const schema = z.object({
  TIDEGATE_HOME: z.string().default('.tidegate'),
  TIDEGATE_HOST: z.string().default('127.0.0.1'),
  TIDEGATE_PORT: port.default(8080),
  TIDEGATE_ALLOWED_HOSTS: list(',').default([]),
  TIDEGATE_DAGS_FOLDER: list(':').optional(),
  TIDEGATE_DATABASE_URL: url('postgres', 'postgresql').optional(),
  TIDEGATE_REDIS_URL: url('redis', 'rediss').optional(),
  TIDEGATE_KAFKA_BROKERS: list(',').optional(),
  TIDEGATE_KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .default('scram-sha-512'),
  TIDEGATE_KAFKA_SASL_USERNAME: z.string().optional(),
  TIDEGATE_KAFKA_SASL_PASSWORD: z.string().optional(),
  TIDEGATE_KAFKA_TLS: onOff.default('off'),
  TIDEGATE_KAFKA_TLS_CA: textFile.optional(),
  TIDEGATE_POSTGRES_PORT: port.optional(),
  // Read by every process itself; here it is only judged.
  TIDEGATE_METRICS_PORT: port.optional(),
  TIDEGATE_CAPTURE: onOff.default('on'),
  TIDEGATE_ADMIN_PASSWORD: z.string().min(1).optional(),
  TIDEGATE_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(1_000).default(32),
  TIDEGATE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** Variables other parts of the product read, or that name things by id. */
const ELSEWHERE =
  /^TIDEGATE_(CONN_|VAR_|TEST_|API_URL$|API_TOKEN$|EXECUTION_(URL|HOST|PORT)$|WORKER_|SECRET_KEYS$|CLICKHOUSE_PORT$|FAILPOINTS$)/;

const CONNECTION_PROTOCOLS = ['mysql', 'postgres', 'postgresql', 'clickhouse', 'http', 'https'];

/**
 * Reads the environment; throws `CONFIG_INVALID` that names every fault at once, `further` ones the caller
 * found included. `ownDags` is the folder used when `TIDEGATE_DAGS_FOLDER` names none.
 */
export function readConfig(
  ownDags: string,
  env: NodeJS.ProcessEnv = process.env,
  further: readonly string[] = [],
): StandaloneConfig {
  // A variable set to nothing is one not set: that is how compose files and shells leave them out.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const faults = [
    ...(parsed.error?.issues.map(({ path: [name], message }) => `${String(name)} ${message}`) ??
      []),
    ...unknownVariables(given),
    ...connectionFaults(given),
    ...saslFaults(given),
    ...tlsFaults(given),
    ...further,
  ];
  if (!parsed.success || faults.length > 0) {
    throw new StandaloneError(
      'CONFIG_INVALID',
      `the configuration has faults:\n  - ${faults.join('\n  - ')}`,
    );
  }
  return toConfig(parsed.data, given, ownDags);
}

function toConfig(
  values: z.infer<typeof schema>,
  env: NodeJS.ProcessEnv,
  ownDags: string,
): StandaloneConfig {
  return {
    home: path.resolve(values.TIDEGATE_HOME),
    host: values.TIDEGATE_HOST,
    port: values.TIDEGATE_PORT,
    allowedHosts: values.TIDEGATE_ALLOWED_HOSTS.map((host) => host.toLowerCase()),
    dagsFolders: (values.TIDEGATE_DAGS_FOLDER ?? [ownDags]).map((folder) => path.resolve(folder)),
    databaseUrl: values.TIDEGATE_DATABASE_URL,
    redisUrl: values.TIDEGATE_REDIS_URL,
    kafka: toKafka(values),
    postgresPort: values.TIDEGATE_POSTGRES_PORT,
    isCaptureOn: values.TIDEGATE_CAPTURE === 'on',
    adminPassword: values.TIDEGATE_ADMIN_PASSWORD,
    workerConcurrency: values.TIDEGATE_WORKER_CONCURRENCY,
    logLevel: values.TIDEGATE_LOG_LEVEL,
    connections: collect(env, 'TIDEGATE_CONN_'),
    variables: collect(env, 'TIDEGATE_VAR_'),
  };
}

function toKafka(values: z.infer<typeof schema>): KafkaConfig | undefined {
  const { TIDEGATE_KAFKA_BROKERS: brokers, TIDEGATE_KAFKA_SASL_USERNAME: username } = values;
  if (brokers === undefined) return undefined;
  const password = values.TIDEGATE_KAFKA_SASL_PASSWORD ?? '';
  const ca = values.TIDEGATE_KAFKA_TLS_CA;
  return {
    brokers,
    ...(username === undefined
      ? {}
      : { sasl: { mechanism: values.TIDEGATE_KAFKA_SASL_MECHANISM, username, password } }),
    ...(values.TIDEGATE_KAFKA_TLS === 'off' ? {} : { tls: ca === undefined ? {} : { ca } }),
  };
}

function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = Object.keys(schema.shape);
  return Object.keys(env)
    .filter(
      (name) => name.startsWith('TIDEGATE_') && !known.includes(name) && !ELSEWHERE.test(name),
    )
    .map((name) => `${name} is not known; the variables are listed in docs/configuration.md`);
}

function connectionFaults(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env)
    .filter(([name]) => name.startsWith('TIDEGATE_CONN_'))
    .filter(([, value]) => !url(...CONNECTION_PROTOCOLS).safeParse(value).success)
    .map(([name]) => `${name} must be a URI, for example mysql://user:password@host:3306/database`);
}

function saslFaults(env: NodeJS.ProcessEnv): string[] {
  const [user, password] = ['TIDEGATE_KAFKA_SASL_USERNAME', 'TIDEGATE_KAFKA_SASL_PASSWORD'];
  if ((env[user] === undefined) === (env[password] === undefined)) return [];
  return [`${user} and ${password} go together: one of them is missing`];
}

function tlsFaults(env: NodeJS.ProcessEnv): string[] {
  const [isOn, authority] = ['TIDEGATE_KAFKA_TLS', 'TIDEGATE_KAFKA_TLS_CA'];
  if (env[authority] === undefined || env[isOn] === 'on') return [];
  return [`${authority} means nothing without encryption: set ${isOn}=on`];
}

function collect(env: NodeJS.ProcessEnv, prefix: string): Readonly<Record<string, string>> {
  const found = Object.entries(env).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value ?? '']));
}
