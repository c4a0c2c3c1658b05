import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '@tidegate/engine/platform';
import {
  Database,
  EXECUTION_BODY_LIMIT,
  migrate,
  openBullmqQueue,
  readTaskLog,
  startScheduler,
  type Scheduler,
} from '@tidegate/engine/server';
import { openTopicLog, type TopicLog, type TopicLogConfig } from '@tidegate/engine/topic-log';
import { startRegistration } from '@tidegate/workers/bundle';
import { readTaskEnvironment, type WorkerConfig } from '@tidegate/workers/worker';
import { fastify } from 'fastify';

import { createPostgresDatabase, serviceAddress, uniqueName } from '../services/services.ts';

/** Scheduler, execution API and registration of one test, on real services. */
export interface EngineUnderTest extends AsyncDisposable {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly topicLog: TopicLog;
  readonly scratch: string;
  /** Settings of a worker of this engine, `name` being its id and home. */
  workerConfig(name: string, changes?: Partial<WorkerConfig>): WorkerConfig;
  /** Polls until the run is over and answers its state. */
  endOf(runKey: number): Promise<string>;
  /** All messages of a try's log. */
  messagesOf(task: { runKey: number; ix: number; tryNumber?: number }): Promise<string[]>;
}

const TOKEN = 'worker-token-of-the-test';

export async function startEngineUnderTest(
  lane: 'postgres' | 'bullmq',
  dagFile: string,
): Promise<EngineUnderTest> {
  const closing: (() => unknown)[] = [];
  const metadata = await createPostgresDatabase('worker');
  closing.push(() => metadata[Symbol.asyncDispose]());
  const log = await createPostgresDatabase('worker_log');
  closing.push(() => log[Symbol.asyncDispose]());
  const database = new Database({ url: metadata.url });
  closing.push(() => database.close());
  await migrate(database);
  const topicLogConfig: TopicLogConfig = { kind: 'postgres', url: log.url };
  const topicLog = await openTopicLog(topicLogConfig);
  closing.push(() => topicLog.close());
  const redis =
    lane === 'bullmq' ? { url: serviceAddress('redis'), prefix: uniqueName('worker') } : null;
  const queue = redis === null ? undefined : await openBullmqQueue(redis);
  if (queue !== undefined) closing.push(() => queue.close());
  const scheduler = await startScheduler({
    database,
    topicLog,
    secretKeys: ['key of the test'],
    workerToken: TOKEN,
    connections: { DW: 'postgres://dwuser:p%40ss-word@127.0.0.1:5432/bankdw' },
    ...(queue === undefined ? {} : { queue }),
  });
  closing.push(() => scheduler.close());
  const app = fastify({ bodyLimit: EXECUTION_BODY_LIMIT, forceCloseConnections: true });
  await scheduler.registerExecution(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  const scratch = mkdtempSync(join(tmpdir(), 'tidegate-engine-'));
  closing.push(() => {
    rmSync(scratch, { recursive: true, force: true });
  });
  await registerDagFile({ url, folder: join(scratch, 'dags'), text: dagFile });
  return {
    database,
    scheduler,
    topicLog,
    scratch,
    workerConfig: (name, changes = {}) => ({
      executionUrl: url,
      workerToken: TOKEN,
      workerId: name,
      home: join(scratch, name),
      queues: ['default'],
      concurrency: 8,
      topicLog: topicLogConfig,
      lane:
        redis === null
          ? { kind: 'postgres' }
          : { kind: 'bullmq', redisUrl: redis.url, prefix: redis.prefix },
      taskEnvironment: readTaskEnvironment(),
      timing: { abortGraceMs: 500, stopGraceMs: 500 },
      ...changes,
    }),
    endOf: async (runKey) => {
      const deadline = performance.now() + 60_000;
      for (;;) {
        const { rows } = await database.query<{ state: string }>(
          'select state from tidegate.dag_run where run_key = $1',
          [runKey],
        );
        const state = rows[0]?.state ?? 'missing';
        if (state !== 'queued' && state !== 'running') return state;
        if (performance.now() > deadline) throw new RangeError(`run ${runKey} is still ${state}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    messagesOf: async ({ runKey, ix, tryNumber = 1 }) =>
      (await readTaskLog(database, { runKey, ix, tryNumber })).lines.map((line) => line.message),
    [Symbol.asyncDispose]: async () => {
      for (const close of closing.reverse()) await close();
    },
  };
}

async function registerDagFile(file: {
  readonly url: string;
  readonly folder: string;
  readonly text: string;
}): Promise<void> {
  mkdirSync(file.folder, { recursive: true });
  writeFileSync(join(file.folder, 'dag.ts'), file.text);
  const registration = startRegistration({
    folders: [file.folder],
    executionUrl: file.url,
    workerToken: TOKEN,
    log: silentLogger,
  });
  await registration.ready;
  await registration.stop();
}
