import {
  checkPostgres,
  checkReachable,
  OWN_DAGS,
  readConfig,
  type StandaloneConfig,
  StandaloneError,
} from '@tidegate/standalone/process';
import { z } from 'zod';

/** What a service verb runs. */
export const SERVICES = ['scheduler', 'api', 'worker', 'capture', 'dag-processor', 'db'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Variables a service cannot do without. */
const NEEDED = {
  scheduler: [
    'TIDEGATE_DATABASE_URL',
    'TIDEGATE_KAFKA_BROKERS',
    'TIDEGATE_SECRET_KEYS',
    'TIDEGATE_WORKER_TOKEN',
  ],
  api: ['TIDEGATE_DATABASE_URL', 'TIDEGATE_KAFKA_BROKERS'],
  worker: ['TIDEGATE_EXECUTION_URL', 'TIDEGATE_WORKER_TOKEN'],
  capture: ['TIDEGATE_KAFKA_BROKERS', 'TIDEGATE_CONN_BANKDB'],
  'dag-processor': ['TIDEGATE_EXECUTION_URL', 'TIDEGATE_WORKER_TOKEN'],
  db: ['TIDEGATE_DATABASE_URL'],
} as const satisfies Record<ServiceName, readonly Variable[]>;

const WHAT = {
  TIDEGATE_DATABASE_URL: 'the metadata database, postgres://user:password@host:5432/tidegate',
  TIDEGATE_KAFKA_BROKERS: 'the Kafka that holds the topics, host:9092',
  TIDEGATE_SECRET_KEYS:
    'what signs task tokens and seals connections: 16 characters or more, equal on all schedulers',
  TIDEGATE_WORKER_TOKEN:
    'the token of the execution API: 16 characters or more, equal on schedulers and workers',
  TIDEGATE_EXECUTION_URL: "the scheduler's execution API, http://host:8081",
  TIDEGATE_CONN_BANKDB: 'the source, mysql://user:password@host:3306/bankdb',
} as const;
type Variable = keyof typeof WHAT;

const SHORTEST_SECRET = 16;
const secret = z.string().min(SHORTEST_SECRET, `needs ${SHORTEST_SECRET} characters or more`);

/** What only services of their own read; everything else is read as `npm start` reads it. */
const ownSchema = z.object({
  TIDEGATE_EXECUTION_URL: z.url({ protocol: /^https?$/, error: 'must be a URL' }).optional(),
  TIDEGATE_EXECUTION_HOST: z.string().default('127.0.0.1'),
  TIDEGATE_EXECUTION_PORT: z.coerce
    .number('is no port number')
    .int('is no port number')
    .min(1)
    .max(65_535)
    .default(8_081),
  TIDEGATE_WORKER_TOKEN: secret.optional(),
  TIDEGATE_SECRET_KEYS: z
    .string()
    .transform((text) => text.split(',').map((key) => key.trim()))
    .pipe(z.array(secret).min(1))
    .optional(),
});

export interface ServiceConfig extends StandaloneConfig {
  readonly executionUrl: string;
  /** Where a scheduler serves the execution API. (Default: 127.0.0.1:8081) */
  readonly executionHost: string;
  readonly executionPort: number;
  readonly workerToken: string;
  readonly secretKeys: readonly string[];
}

/**
 * Reads what a service needs; throws `CONFIG_INVALID` that names every fault at once. What a service does not
 * need may be absent, and is then empty here.
 */
export function readServiceConfig(
  service: ServiceName,
  env: NodeJS.ProcessEnv = process.env,
): ServiceConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = ownSchema.safeParse(given);
  const isOff = service === 'capture' && given['TIDEGATE_CAPTURE'] === 'off';
  const issues = parsed.error?.issues ?? [];
  const faults = [
    ...(isOff ? [] : NEEDED[service])
      .filter((name) => given[name] === undefined)
      .map((name) => `${name} is missing: ${WHAT[name]}`),
    ...issues.map(({ path, message }) => `${String(path[0])} ${message}`),
  ];
  const shared = readConfig(OWN_DAGS, env, faults);
  const own = ownSchema.parse(given);
  return {
    ...shared,
    executionUrl: own.TIDEGATE_EXECUTION_URL ?? '',
    executionHost: own.TIDEGATE_EXECUTION_HOST,
    executionPort: own.TIDEGATE_EXECUTION_PORT,
    workerToken: own.TIDEGATE_WORKER_TOKEN ?? '',
    secretKeys: own.TIDEGATE_SECRET_KEYS ?? [],
  };
}

/**
 * Looks at the servers a service stands on, and tells all that is wrong at once: once running we wait through
 * any outage, but at a start a wrong address is likelier.
 */
export async function checkServers(
  config: ServiceConfig,
  which: readonly ('database' | 'redis' | 'kafka')[],
): Promise<void> {
  const { databaseUrl, redisUrl, kafka } = config;
  const checks: Promise<void>[] = [];
  if (which.includes('database') && databaseUrl !== undefined) {
    checks.push(checkPostgres('TIDEGATE_DATABASE_URL', databaseUrl));
  }
  if (which.includes('redis') && redisUrl !== undefined) {
    checks.push(checkNamed('TIDEGATE_REDIS_URL', [redisUrl], 6_379));
  }
  if (which.includes('kafka') && kafka !== undefined) {
    const addresses = kafka.brokers.map((broker) => `kafka://${broker}`);
    checks.push(checkNamed('TIDEGATE_KAFKA_BROKERS', addresses, 9_092));
  }
  const faults = (await Promise.allSettled(checks)).flatMap((check) =>
    check.status === 'rejected' ? [(check.reason as Error).message] : [],
  );
  if (faults.length > 0) throw new StandaloneError('SERVICE_UNUSABLE', faults.join('\n'));
}

async function checkNamed(variable: string, addresses: string[], port: number): Promise<void> {
  await checkReachable(addresses, port).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StandaloneError('SERVICE_UNUSABLE', `${variable}: ${why}`, { cause });
  });
}
