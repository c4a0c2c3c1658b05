import type { SerializedDag, SerializedTask } from '@tidegate/engine/dag';
import { Database, insertRuns, migrate, notify } from '@tidegate/engine/server';
import pg from 'pg';

import { startChild } from '../child.ts';
import type { SchedulerOrder, SchedulerReady } from './scheduler-process.ts';

const TOKEN = 'bench-worker-token';

/** A scheduler in a process and on a database of its own, with its execution API on a port of loopback. */
export interface BenchEngine {
  readonly database: Database;
  readonly url: string;
  readonly token: string;
  /** Registers a DAG and answers its version. */
  register(dag: SerializedDag): Promise<number>;
  /** Creates runs of a DAG and wakes the scheduler; answers their keys. */
  createRuns(dag: SerializedDag, versionKey: number, count: number): Promise<number[]>;
  /** Resolves when the runs are over; throws where one did not succeed. */
  waitForRuns(runKeys: readonly number[], pollMs: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startBenchEngine(postgresUrl: string): Promise<BenchEngine> {
  const name = `bench_${Date.now()}`;
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  const database = new Database({ url: url.href });
  await migrate(database);
  const scheduler = await startChild<SchedulerReady>(
    new URL('./scheduler-process.ts', import.meta.url),
    { databaseUrl: url.href, workerToken: TOKEN } satisfies SchedulerOrder,
  );
  const { port } = scheduler.ready;
  const put = async (dag: SerializedDag): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/execution/dags`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        file: `${dag.id}/dag.ts`,
        dags: [{ serialized: dag, bundle: { hash: '0', exportName: 'dag' }, source: '' }],
        error: null,
      }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  };
  let created = 0;
  return {
    database,
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    register: async (dag) => {
      await put(dag);
      const { rows } = await database.query<{ version_key: number }>(
        'select version_key from tidegate.dag where dag_id = $1',
        [dag.id],
      );
      return rows[0]?.version_key ?? 0;
    },
    createRuns: async (dag, versionKey, count) =>
      database.transaction(async (tx) => {
        const now = new Date();
        const keys = await insertRuns(
          tx,
          Array.from({ length: count }, () => ({
            dagId: dag.id,
            runId: `bench__${(created += 1)}`,
            versionKey,
            runType: 'manual' as const,
            lane: 'live' as const,
            scope: dag.id,
            logicalDate: null,
            dataIntervalStart: null,
            dataIntervalEnd: null,
            runAfter: now,
            conf: {},
            triggeredBy: 'bench',
            triggeringUser: null,
            backfillId: null,
            queuedAt: now,
          })),
        );
        await notify(tx, { kind: 'runs' });
        return keys.filter((key) => key !== null);
      }),
    waitForRuns: async (runKeys, pollMs) => {
      for (;;) {
        const { rows } = await database.query<{ state: string; runs: number }>(
          'select state, count(*) as runs from tidegate.dag_run where run_key = any ($1) group by state',
          [runKeys],
        );
        if (rows.some((row) => row.state === 'failed'))
          throw new Error('a run of the bench failed');
        if (rows.every((row) => row.state === 'success')) return;
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    stop: async () => {
      await scheduler.stop();
      await database.close();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** A DAG of no-op tasks; `upstream` names each task's upstreams by place. */
export function benchDag(id: string, upstream: readonly (readonly number[])[]): SerializedDag {
  return {
    formatVersion: 1,
    id,
    schedule: { kind: 'none' },
    source: null,
    startDate: null,
    endDate: null,
    catchup: false,
    maxActiveRuns: 100_000,
    maxActiveTasks: 100_000,
    runTimeoutMs: null,
    tags: [],
    owner: null,
    description: null,
    docs: null,
    paramsSchema: null,
    tasks: upstream.map((places, ix) => benchTask(ix, places)),
  };
}

function benchTask(ix: number, upstream: readonly number[]): SerializedTask {
  return {
    id: `t${ix}`,
    kind: 'task',
    group: [],
    upstream: upstream.map((place) => `t${place}`),
    input: {},
    triggerRule: 'all_success',
    retries: 0,
    retryDelayMs: 0,
    retryBackoff: 'constant',
    maxRetryDelayMs: null,
    timeoutMs: null,
    pool: 'default_pool',
    poolSlots: 1,
    queue: 'default',
    priority: 1,
    isolation: 'shared',
    connections: [],
    to: [],
    sensor: null,
  };
}
