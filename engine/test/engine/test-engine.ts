import assert from 'node:assert/strict';

import { fastify, type FastifyInstance } from 'fastify';

import type { SerializedDag } from '../../src/dag/serialized-dag.ts';
import type { RegisterResponse } from '../../src/execution/contract.ts';
import { registerExecution } from '../../src/execution/execution-plugin.ts';
import { silentLogger } from '../../src/platform/log.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { SchedulerCore } from '../../src/scheduler/scheduler-core.ts';
import { insertRuns } from '../../src/store/insert-run.ts';
import { Database } from '../../src/store/db.ts';
import { RunInfoCache } from '../../src/store/flush/run-info.ts';
import { notify } from '../../src/store/notifications.ts';
import { Seal } from '../../src/store/sealed.ts';
import { recount } from '../../src/state/recount.ts';
import { leavesOf } from '../../src/state/task-graph.ts';
import { isFinishedTaskState, type TaskState } from '../../src/state/task-state.ts';

export const WORKER_TOKEN = 'worker-token';

export interface TestEngineOptions {
  readonly clock?: Clock;
  readonly connections?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** The BullMQ lane: what is queued stays in the outbox for the test to read. */
  readonly isQueueing?: boolean;
  /** Where the scheduler's own connections go, when not straight to the database. */
  readonly schedulerUrl?: string;
  /** (Default: 200) */
  readonly sweepMs?: number;
}

/** One scheduler with its execution API, the makers of runs left out. */
export class TestEngine implements AsyncDisposable {
  readonly database: Database;
  readonly core: SchedulerCore;
  readonly app: FastifyInstance = fastify();
  readonly seal = new Seal(['test key']);
  private readonly own: Database;
  private readonly clock: Clock;
  private runs = 0;

  private constructor(url: string, options: TestEngineOptions) {
    const clock = options.clock ?? systemClock;
    this.clock = clock;
    this.database = new Database({ url });
    this.own = new Database({ url: options.schedulerUrl ?? url });
    this.core = new SchedulerCore({
      database: this.own,
      clock,
      logger: silentLogger,
      taskTokenKey: 'test key',
      outbox: options.isQueueing === true ? { wake: () => undefined } : null,
      onRunsEnded: () => undefined,
      onDagsChanged: () => undefined,
      onSweep: () => Promise.resolve(),
      sweepMs: options.sweepMs ?? 200,
    });
  }

  static async start(url: string, options: TestEngineOptions = {}): Promise<TestEngine> {
    const engine = new TestEngine(url, options);
    await engine.core.start();
    await registerExecution(engine.app, {
      scheduler: engine.core,
      database: engine.own,
      clock: options.clock ?? systemClock,
      workerToken: WORKER_TOKEN,
      secrets: {
        connections: options.connections ?? {},
        variables: options.variables ?? {},
        seal: engine.seal,
      },
    });
    return engine;
  }

  async register(dag: SerializedDag, file = `${dag.id}/dag.ts`): Promise<RegisterResponse> {
    const answer = await this.app.inject({
      method: 'PUT',
      url: '/execution/dags',
      headers: { authorization: `Bearer ${WORKER_TOKEN}` },
      payload: {
        file,
        dags: [{ serialized: dag, bundle: { hash: 'b', exportName: 'dag' }, source: 'x' }],
        error: null,
      },
    });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<RegisterResponse>();
  }

  /** Creates runs of a registered DAG, as the makers of runs do. */
  async createRuns(dagId: string, count = 1): Promise<number[]> {
    const { rows } = await this.database.query<{ version_key: number }>(
      'select version_key from tidegate.dag where dag_id = $1',
      [dagId],
    );
    const now = new Date(this.clock.now());
    return this.database.transaction(async (tx) => {
      const keys = await insertRuns(
        tx,
        Array.from({ length: count }, () => ({
          dagId,
          runId: `test__${process.pid}_${(this.runs += 1)}_${Math.random()}`,
          versionKey: rows[0]?.version_key ?? 0,
          runType: 'manual' as const,
          lane: 'live' as const,
          scope: dagId,
          logicalDate: null,
          dataIntervalStart: null,
          dataIntervalEnd: null,
          runAfter: now,
          conf: { day: 'one' },
          triggeredBy: 'test',
          triggeringUser: null,
          backfillId: null,
          queuedAt: now,
        })),
      );
      await notify(tx, { kind: 'runs' });
      return keys.filter((key) => key !== null);
    });
  }

  /** States by task id. */
  async statesOf(runKey: number): Promise<Record<string, string>> {
    const { rows } = await this.database.query<{ id: string; state: string }>(
      `select version.serialized -> 'tasks' -> task.ix ->> 'id' as id, task.state
         from tidegate.task_instance as task
         join tidegate.dag_run using (run_key)
         join tidegate.dag_version as version using (version_key)
        where task.run_key = $1
        order by task.ix`,
      [runKey],
    );
    return Object.fromEntries(rows.map((row) => [row.id, row.state]));
  }

  async runState(runKey: number): Promise<string> {
    const { rows } = await this.database.query<{ state: string }>(
      'select state from tidegate.dag_run where run_key = $1',
      [runKey],
    );
    return rows[0]?.state ?? 'missing';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await this.core.close();
    await this.own.close();
    await this.database.close();
  }
}

/** Every derived number of every run, as stored and as recounted from the states alone. */
export async function findMiscounts(database: Database): Promise<string[]> {
  const cache = new RunInfoCache(database);
  const wrong: string[] = [];
  const runs = await database.query<Record<string, number> & { version_key: number }>(
    `select run_key, version_key, leaves_left, failed_leaves, failed_tasks, active_tasks
       from tidegate.dag_run`,
  );
  for (const run of runs.rows) {
    const flow = await cache.flow(run.version_key);
    if (flow === undefined) continue;
    const { rows } = await database.query<Record<string, number> & { state: TaskState }>(
      'select * from tidegate.task_instance where run_key = $1 order by ix',
      [run['run_key']],
    );
    const states = rows.map((row) => row.state);
    for (const [ix, counts] of recount(flow.graph, states).entries()) {
      const row = rows[ix];
      const stored = [
        row?.['success'],
        row?.['failed'],
        row?.['upstream_failed'],
        row?.['skipped'],
      ];
      const own = [counts.success, counts.failed, counts.upstreamFailed, counts.skipped];
      if (stored.join() !== own.join())
        wrong.push(`task ${run['run_key']}/${ix}: ${stored.join()} ≠ ${own.join()}`);
    }
    const leaves = leavesOf(flow.graph).map((ix) => states[ix] ?? 'none');
    const isFailure = (state: TaskState): boolean =>
      state === 'failed' || state === 'upstream_failed';
    const own = {
      leaves_left: leaves.filter((state) => !isFinishedTaskState(state)).length,
      failed_leaves: leaves.filter(isFailure).length,
      failed_tasks: states.filter((state) => state === 'failed').length,
      active_tasks: states.filter((state) => ['queued', 'running', 'restarting'].includes(state))
        .length,
    };
    for (const [name, count] of Object.entries(own)) {
      if (run[name] !== count) wrong.push(`run ${run['run_key']} ${name}: ${run[name]} ≠ ${count}`);
    }
  }
  return wrong;
}
