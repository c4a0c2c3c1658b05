import type { SerializedDag } from '../../dag/serialized-dag.ts';
import { BugError } from '../../platform/errors.ts';
import type { FlushBatch } from '../../state/flush-batch.ts';
import type { TaskRow, TimerRow, TryRow } from '../../state/flush-rows.ts';
import { leavesOf, toTaskGraph } from '../../state/task-graph.ts';
import type { Database, Tx } from '../db.ts';
import { FlushConnection } from '../flush/flush-connection.ts';
import { runFlush } from '../../../test/engine/run-flush.ts';
import { StaleRunInfo } from '../flush/run-flush.ts';
import { RunInfoCache } from '../flush/run-info.ts';
import { insertRuns } from '../insert-run.ts';
import { rewriteRun } from '../rewrite/rewrite-run.ts';
import { startQueued } from '../start-queued.ts';
import { startQueuedRuns } from '../sweep/start-queued-runs.ts';
import { listTimers, listUnbegunRuns } from '../sweep/sweep-rows.ts';
import { scopeOf, toFlushed } from './memory-store-under-test.ts';
import type {
  ContractJob,
  ContractRun,
  Flushed,
  RunChange,
  Snapshot,
  SnapshotRun,
  StoreSetup,
  StoreUnderTest,
} from './store-under-test.ts';

/** The metadata database behind the contract. The schema is migrated; `open` empties it first. */
export class PostgresStoreUnderTest implements StoreUnderTest, AsyncDisposable {
  private readonly database: Database;
  private readonly setup: StoreSetup;
  private readonly versionKeys: readonly number[];
  private readonly connection: FlushConnection;
  private readonly cache: RunInfoCache;

  private constructor(database: Database, setup: StoreSetup, versionKeys: readonly number[]) {
    this.database = database;
    this.setup = setup;
    this.versionKeys = versionKeys;
    this.connection = new FlushConnection(database);
    this.cache = new RunInfoCache(database);
  }

  static async open(database: Database, setup: StoreSetup): Promise<PostgresStoreUnderTest> {
    const versionKeys = await database.transaction(async (tx) => {
      await empty(tx, setup.pools);
      const keys: number[] = [];
      for (const dag of setup.dags) keys.push(await insertDag(tx, dag));
      return keys;
    });
    return new PostgresStoreUnderTest(database, setup, versionKeys);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.drop();
  }

  async createRun(run: ContractRun): Promise<number> {
    const dag = this.setup.dags[run.dag];
    const versionKey = this.versionKeys[run.dag];
    if (dag === undefined || versionKey === undefined) {
      throw new BugError('no such DAG in the set-up', { dag: run.dag });
    }
    const at = new Date(run.runAfterMs);
    const [runKey] = await this.database.transaction((tx) =>
      insertRuns(tx, [
        {
          dagId: dag.id,
          runId: run.runId,
          versionKey,
          runType: 'manual',
          lane: run.lane,
          scope: scopeOf(run.lane, dag.id),
          logicalDate: null,
          dataIntervalStart: null,
          dataIntervalEnd: null,
          runAfter: at,
          conf: {},
          triggeredBy: 'test',
          triggeringUser: null,
          backfillId: null,
          queuedAt: at,
        },
      ]),
    );
    if (runKey === undefined || runKey === null) {
      throw new BugError('the run exists already', { ...run });
    }
    return runKey;
  }

  async takeSlots(nowMs: number): Promise<readonly number[]> {
    await startQueuedRuns(this.database, new Date(nowMs));
    return listUnbegunRuns(this.database);
  }

  async flush(batch: FlushBatch): Promise<Flushed> {
    const refs = [...batch.reports, ...batch.wakes, ...batch.candidates];
    await this.cache.load([...refs.map((ref) => ref.runKey), ...batch.begins]);
    const token = await this.lastToken();
    try {
      return toFlushed((await runFlush(this.connection, batch, this.cache)).writes);
    } catch (thrown) {
      // A clear since the run was read: the flush has forgotten the run and is repeated, as the flusher does.
      if (!(thrown instanceof StaleRunInfo)) throw thrown;
      // Tokens drawn in vain would put the two stores out of step, nothing else.
      await this.database.query(
        `select setval('tidegate.fence_token', greatest(1, $1::bigint), $1 > 0)`,
        [token],
      );
      return this.flush(batch);
    }
  }

  private async lastToken(): Promise<number> {
    const { rows } = await this.database.query<{ token: number }>(
      'select case when is_called then last_value else 0 end as token from tidegate.fence_token',
    );
    return rows[0]?.token ?? 0;
  }

  async start(job: ContractJob): Promise<number | null> {
    const jobs = [{ ...job, nonce: String(job.token) }];
    const { sessionKey, nowMs } = job;
    const started = await startQueued(this.database, this.cache, { jobs, sessionKey, nowMs });
    return started.rows[0]?.token ?? null;
  }

  async rewrite(runKey: number, nowMs: number, change: RunChange): Promise<void> {
    await rewriteRun(this.database, this.cache, { runKey, nowMs, change });
  }

  async listDueTimers(nowMs: number): Promise<readonly TimerRow[]> {
    const timers = await listTimers(this.database, nowMs + 1);
    return timers.sort((a, b) => a.runKey - b.runKey || a.ix - b.ix || (a.kind < b.kind ? -1 : 1));
  }

  async snapshot(): Promise<Snapshot> {
    const [runs, tasks, limits, timers, tries] = await Promise.all([
      this.read<SnapshotRun>(RUNS),
      this.read<TaskRow>(TASKS),
      this.read<Snapshot['limits'][number]>(LIMITS),
      this.read<TimerRow>(TIMERS),
      this.read<TryRow>(TRIES),
    ]);
    return { runs, tasks, limits, timers, tries };
  }

  private async read<Row>(text: string): Promise<Row[]> {
    const { rows } = await this.database.query<{ row: Row }>(text);
    return rows.map(({ row }) => row);
  }
}

async function empty(tx: Tx, pools: StoreSetup['pools']): Promise<void> {
  await tx.query(
    `truncate tidegate.dag, tidegate.dag_version, tidegate.dag_run, tidegate.task_instance,
              tidegate.task_try, tidegate.live_run, tidegate.timer, tidegate.limit_usage,
              tidegate.outbox, tidegate.flush_delta, tidegate.pool
      restart identity cascade`,
  );
  await tx.query('alter sequence tidegate.fence_token restart');
  const names = Object.keys(pools);
  await tx.query(
    `insert into tidegate.limit_usage (key, cap)
     select 'pool:' || name, slots from unnest($1::text[], $2::int[]) as pool (name, slots)`,
    [names, names.map((name) => pools[name])],
  );
}

async function insertDag(tx: Tx, dag: SerializedDag): Promise<number> {
  const { rows } = await tx.query<{ version_key: number }>(
    `insert into tidegate.dag_version (
       dag_id, number, content_hash, serialized, task_totals, task_retries, leaves,
       bundle_hash, export_name, source
     )
     values ($1, 1, $1, $2, $3, $4, $5, 'hash', 'dag', '')
     returning version_key`,
    [
      dag.id,
      JSON.stringify(dag),
      dag.tasks.map((task) => task.upstream.length),
      dag.tasks.map((task) => task.retries),
      leavesOf(toTaskGraph(dag.tasks)).length,
    ],
  );
  const versionKey = rows[0]?.version_key ?? 0;
  await tx.query(
    `insert into tidegate.dag (dag_id, file, version_key, schedule, max_active_runs)
     values ($1, 'dag.ts', $2, '{"kind":"none"}', $3)`,
    [dag.id, versionKey, dag.maxActiveRuns],
  );
  return versionKey;
}

const RUNS = `
select json_build_object(
         'runKey', run.run_key, 'state', run.state, 'clearNumber', run.clear_number,
         'leavesLeft', run.leaves_left,
         'failedLeaves', run.failed_leaves, 'failedTasks', run.failed_tasks,
         'activeTasks', run.active_tasks, 'slot', live.slot
       ) as row
  from tidegate.dag_run as run
  left join tidegate.live_run as live using (run_key)
 order by run.run_key`;

const TASKS = `
select json_build_object(
         'runKey', run_key, 'ix', ix, 'state', state, 'tryNumber', try_number,
         'maxTries', max_tries, 'token', token, 'total', total, 'success', success,
         'failed', failed, 'upstreamFailed', upstream_failed, 'skipped', skipped,
         'removed', removed, 'setupSuccess', setup_success, 'setupSkipped', setup_skipped,
         'sessionKey', session_key, 'clearNumber', clear_number, 'scheduledMs', scheduled_ms,
         'startMs', start_ms, 'endMs', end_ms, 'firstStartMs', first_start_ms, 'dueMs', due_ms,
         'chosen', chosen
       ) as row
  from tidegate.task_instance
 order by run_key, ix`;

const LIMITS = `
select json_build_object('key', key, 'used', used) as row
  from tidegate.limit_usage
 order by key`;

const TIMERS = `
select json_build_object('runKey', run_key, 'ix', ix, 'kind', kind, 'dueMs', due_ms) as row
  from tidegate.timer
 order by run_key, ix, kind`;

const TRIES = `
select json_build_object(
         'runKey', run_key, 'ix', ix, 'tryNumber', try_number, 'state', state, 'token', token,
         'clearNumber', clear_number, 'sessionKey', session_key, 'scheduledMs', scheduled_ms,
         'startMs', start_ms, 'endMs', end_ms, 'output', output, 'error', error
       ) as row
  from tidegate.task_try
 order by run_key, ix, try_number`;
