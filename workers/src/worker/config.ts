import { createHash } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';

import { TidegateError } from '@tidegate/engine/platform';
import type { TopicLogConfig } from '@tidegate/engine/topic-log';
import { z } from 'zod';

import { WORKER_ERRORS } from './errors.ts';
import type { WorkerConfig } from './start-worker.ts';

export type WorkerEnvironment = Readonly<Record<string, string | undefined>>;

const environmentSchema = z.object({
  TIDEGATE_EXECUTION_URL: z.url({
    protocol: /^https?$/,
    error: 'set the URL of the execution API',
  }),
  TIDEGATE_WORKER_TOKEN: z.string({ error: 'set the token of the execution API' }).min(1),
  TIDEGATE_WORKER_QUEUES: z
    .string()
    .default('default')
    .transform((text) => text.split(',').flatMap((queue) => queue.trim() || []))
    .refine((queues) => queues.length > 0, 'name at least one queue'),
  TIDEGATE_WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(8 * availableParallelism()),
  TIDEGATE_HOME: z.string().min(1).default('.tidegate'),
  TIDEGATE_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
});

/** All a task process needs of the environment to run and to reach the network as this process does. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'LC_ALL',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'TIDEGATE_FAILPOINTS',
  // The addresses only: headers hold keys, and a task's code can read its environment.
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
];

/** Reads the worker's settings. Throws `WORKER_CONFIG_INVALID` that names every fault. */
export function readWorkerConfig(
  topicLog: TopicLogConfig | null,
  environment: WorkerEnvironment = process.env,
): WorkerConfig {
  const parsed = environmentSchema.safeParse(withoutEmpty(environment));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new TidegateError(
      WORKER_ERRORS.configInvalid,
      `the worker's settings cannot be used:\n${faults.join('\n')}`,
    );
  }
  const settings = parsed.data;
  const home = resolve(settings.TIDEGATE_HOME);
  const redisUrl = settings.TIDEGATE_REDIS_URL;
  return {
    executionUrl: settings.TIDEGATE_EXECUTION_URL,
    workerToken: settings.TIDEGATE_WORKER_TOKEN,
    workerId: workerIdOf(home),
    home,
    queues: settings.TIDEGATE_WORKER_QUEUES,
    concurrency: settings.TIDEGATE_WORKER_CONCURRENCY,
    topicLog,
    lane: redisUrl === undefined ? { kind: 'postgres' } : { kind: 'bullmq', redisUrl },
    taskEnvironment: readTaskEnvironment(environment),
  };
}

/** What task processes see of the environment; standalone passes it on as well. */
export function readTaskEnvironment(
  environment: WorkerEnvironment = process.env,
): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The same after a restart in the same home, so that the engine knows the worker's own predecessor. */
function workerIdOf(home: string): string {
  const place = createHash('sha256').update(home).digest('hex').slice(0, 8);
  return `${hostname()}-${place}`;
}

/** A variable that is set to nothing counts as absent. */
function withoutEmpty(environment: WorkerEnvironment): WorkerEnvironment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}
