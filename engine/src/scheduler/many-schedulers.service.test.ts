import { afterEach, beforeEach, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { CommitCutter } from '../../test/engine/commit-cutter.ts';
import { chainOf, sampleDag, type SampleTask } from '../../test/engine/sample-dags.ts';
import {
  findMiscounts,
  TestEngine,
  type TestEngineOptions,
} from '../../test/engine/test-engine.ts';
import { FAILURE, SUCCESS, TestWorker } from '../../test/engine/test-worker.ts';
import { TRIGGER_RULES } from '../dag/serialized-dag.ts';
import type { SerializedDag } from '../dag/serialized-dag.ts';
import type { TaskOutcome } from '../dag/task-outcome.ts';
import type { Grant } from '../execution/contract.ts';
import type { Database } from '../store/db.ts';
import { savePool } from '../store/pools.ts';
import { openTopicLog } from '../topic-log/open-topic-log.ts';
import { createRunCommands } from './run-commands.ts';

const POOL_SLOTS = 4;

describeWith(['postgres'], 'several schedulers on one database, and crashes', () => {
  let own: MetadataDatabase;
  let database: Database;
  let engines: TestEngine[];

  beforeEach(async () => {
    own = await createMetadataDatabase('many');
    database = own.database;
    await savePool(database, { name: 'narrow', slots: POOL_SLOTS });
    engines = [];
  });
  afterEach(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  async function startEngine(
    options: Pick<TestEngineOptions, 'schedulerUrl' | 'sweepMs'> = {},
  ): Promise<TestEngine> {
    const engine = await TestEngine.start(own.url, options);
    engines.push(engine);
    return engine;
  }

  async function areAllOver(): Promise<boolean> {
    const { rows } = await database.query(
      `select from tidegate.dag_run where state in ('queued', 'running') limit 1`,
    );
    return rows.length === 0;
  }

  async function usedSlots(): Promise<number> {
    const { rows } = await database.query<{ used: number }>(
      `select used from tidegate.limit_usage where key = 'pool:narrow'`,
    );
    return rows[0]?.used ?? -1;
  }

  /** What the rows say runs at this moment, against what the limit says. */
  async function runningInPool(): Promise<number> {
    const { rows } = await database.query<{ running: number }>(
      `select count(*) as running from tidegate.task_instance where state in ('running', 'queued')`,
    );
    return rows[0]?.running ?? 0;
  }

  it('runs random graphs with random endings to their ends: every counter right, no limit passed', async () => {
    const random = seeded(7);
    for (let place = 0; place < 3; place += 1) await startEngine();
    const [first] = engines;
    if (first === undefined) return;
    const dags = Array.from({ length: 4 }, (_, place) => randomDag(`random_${place}`, random));
    for (const dag of dags) await first.register(dag);
    for (const dag of dags) await first.createRuns(dag.id, 8);
    const attempts = new Map<string, number>();
    const workers = engines.map((engine, place) => new TestWorker(engine.app, `worker_${place}`));
    let most = 0;
    const watch = setInterval(() => {
      void runningInPool().then(
        (running) => (most = Math.max(most, running)),
        () => undefined,
      );
    }, 5);
    await Promise.all(
      workers.map((worker) =>
        worker.work(areAllOver, (grant) => {
          const name = `${grant.runKey}/${grant.ix}/${grant.tryNumber}/${grant.token}`;
          attempts.set(name, (attempts.get(name) ?? 0) + 1);
          return randomOutcome(grant, random);
        }),
      ),
    );
    clearInterval(watch);
    expect([...attempts.values()].filter((times) => times > 1)).toEqual([]);
    expect(await findMiscounts(database)).toEqual([]);
    expect(await usedSlots()).toBe(0);
    expect(most).toBeLessThanOrEqual(POOL_SLOTS);
    expect(most).toBeGreaterThan(1);
    const { rows } = await database.query('select from tidegate.live_run');
    expect(rows).toHaveLength(0);
  }, 90_000);

  it('hears at once of ready tasks another scheduler has no worker for', async () => {
    const maker = await startEngine();
    const other = await startEngine();
    await maker.register(sampleDag('far', chainOf('a', 'b')));
    const worker = new TestWorker(other.app);
    const [runKey = 0] = await maker.createRuns('far');
    const isOver = async (): Promise<boolean> => (await maker.runState(runKey)) === 'success';
    await worker.work(isOver, () => SUCCESS);
    expect(await findMiscounts(database)).toEqual([]);
  });

  it.each([
    ['', { day: 'monday' }],
    [' and reads one that is too large to be told', { day: 'x'.repeat(20_000) }],
  ])('begins at once what a process without a scheduler made%s, once', async (_, conf) => {
    const sweepMs = 3_600_000;
    const first = await startEngine({ sweepMs });
    const second = await startEngine({ sweepMs });
    await first.register(sampleDag('told', { only: {} }));
    const topicLog = await openTopicLog({ kind: 'postgres', url: own.url });
    const commands = createRunCommands({ database, topicLog });
    const asked = { dagId: 'told', triggeredBy: 'rest_api', triggeringUser: null, conf };
    const { runKey } = await commands.triggerRun(asked);
    const granted: unknown[] = [];
    const isOver = async (): Promise<boolean> => (await first.runState(runKey)) === 'success';
    const work = [first, second].map((engine, place) =>
      new TestWorker(engine.app, `worker_${place}`).work(isOver, (grant) => {
        granted.push(grant.params);
        return SUCCESS;
      }),
    );
    await Promise.all(work);
    expect(granted).toEqual([conf]);
    expect(await findMiscounts(database)).toEqual([]);
    await topicLog.close();
  });

  it('loses and doubles nothing when its flush connection is killed over and over', async () => {
    const engine = await startEngine();
    await engine.register(sampleDag('killed', chainOf('a', 'b', 'c', 'd', 'e')));
    await engine.createRuns('killed', 16);
    const worker = new TestWorker(engine.app);
    const started: string[] = [];
    const killer = setInterval(() => {
      void database
        .query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'tidegate flush'`,
        )
        .catch(() => undefined);
    }, 25);
    const stop = setTimeout(() => clearInterval(killer), 4_000);
    await worker.work(areAllOver, (grant) => {
      started.push(`${grant.runKey}/${grant.ix}`);
      return SUCCESS;
    });
    clearInterval(killer);
    clearTimeout(stop);
    // What a lost answer granted is known all the same: nothing waits for a lease to end.
    const lost = `select from tidegate.task_try where state = 'lost'`;
    expect((await database.query(lost)).rowCount).toBe(0);
    expect(started).toHaveLength(16 * 5);
    expect(new Set(started).size).toBe(16 * 5);
    expect(await findMiscounts(database)).toEqual([]);
  }, 60_000);

  it('knows what became of a transaction whose COMMIT was answered to nobody', async () => {
    await using cutter = await CommitCutter.start(own.url);
    const engine = await startEngine({ schedulerUrl: cutter.url });
    await engine.register(sampleDag('cut', chainOf('a', 'b')));
    const [runKey = 0] = await engine.createRuns('cut');
    const worker = new TestWorker(engine.app);
    const a = await worker.claimOne();
    cutter.arm();
    const answer = await worker.finish([a], { kind: 'success', output: 1 }, 1);
    expect(cutter.cuts).toBe(1);
    expect(answer.results).toEqual(['accepted']);
    expect(answer.grants.map((grant) => [grant.taskId, grant.tryNumber])).toEqual([['b', 1]]);
    expect((await worker.finish(answer.grants)).results).toEqual(['accepted']);
    expect(await engine.runState(runKey)).toBe('success');
    expect(await findMiscounts(database)).toEqual([]);
  });

  function randomDag(id: string, random: () => number): SerializedDag {
    const tasks: Record<string, SampleTask> = {};
    for (let place = 0; place < 12; place += 1) {
      const upstream = Object.keys(tasks).filter(() => random() < 0.25);
      const rule = TRIGGER_RULES[Math.floor(random() * TRIGGER_RULES.length)];
      tasks[`t${place}`] = {
        upstream,
        pool: 'narrow',
        poolSlots: 1,
        retries: random() < 0.3 ? 1 : 0,
        ...(random() < 0.5 || rule === undefined ? {} : { triggerRule: rule }),
      };
    }
    return sampleDag(id, tasks, { maxActiveRuns: 3, maxActiveTasks: 3 });
  }
});

function randomOutcome(grant: Grant, random: () => number): TaskOutcome {
  const dice = random();
  if (dice < 0.15) return FAILURE;
  if (dice < 0.25) return { kind: 'skipped', reason: 'dice' };
  if (dice < 0.3 && grant.tryNumber < 4) return { kind: 'lost', reason: 'dice' };
  if (dice < 0.35) return { kind: 'short_circuited', output: false };
  return SUCCESS;
}

/** Mulberry32: the same numbers at every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
