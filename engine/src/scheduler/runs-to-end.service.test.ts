import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { chainOf, sampleDag } from '../../test/engine/sample-dags.ts';
import { findMiscounts, TestEngine } from '../../test/engine/test-engine.ts';
import { FAILURE, SUCCESS, TestWorker } from '../../test/engine/test-worker.ts';
import type { SerializedDag } from '../dag/serialized-dag.ts';
import type { TaskOutcome } from '../dag/task-outcome.ts';
import type { Grant } from '../execution/contract.ts';
import { listTries } from '../store/reads/list-tries.ts';

describeWith(['postgres'], 'runs, from their start to their end', () => {
  let own: MetadataDatabase;
  let engine: TestEngine;

  beforeAll(async () => {
    own = await createMetadataDatabase('runs');
    engine = await TestEngine.start(own.url);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  /** Runs a DAG to its end, tasks answering as `outcomes` says, else with success. */
  async function run(
    dag: SerializedDag,
    outcomes: Readonly<Record<string, TaskOutcome>> = {},
  ): Promise<{ runKey: number; state: string; tasks: Record<string, string>; grants: Grant[] }> {
    await engine.register(dag);
    const [runKey = 0] = await engine.createRuns(dag.id);
    const grants: Grant[] = [];
    const worker = new TestWorker(engine.app);
    const isOver = async (): Promise<boolean> =>
      ['success', 'failed'].includes(await engine.runState(runKey));
    await worker.work(isOver, (grant) => {
      grants.push(grant);
      return outcomes[grant.taskId] ?? { ...SUCCESS, output: `by ${grant.taskId}` };
    });
    expect(await findMiscounts(engine.database)).toEqual([]);
    return {
      runKey,
      state: await engine.runState(runKey),
      tasks: await engine.statesOf(runKey),
      grants,
    };
  }

  it('runs a chain in order, each task once', async () => {
    const { state, tasks, grants } = await run(sampleDag('chain', chainOf('a', 'b', 'c')));
    expect(state).toBe('success');
    expect(tasks).toEqual({ a: 'success', b: 'success', c: 'success' });
    expect(grants.map((grant) => [grant.taskId, grant.tryNumber])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(grants.map((grant) => grant.token)).toEqual(
      grants.map((grant) => grant.token).toSorted((a, b) => a - b),
    );
  });

  it('hands outputs to the tasks that take them as input, and params to all', async () => {
    const { grants } = await run(
      sampleDag('diamond', {
        a: {},
        b: { upstream: ['a'], input: { it: 'a' } },
        c: { upstream: ['a'] },
        d: { upstream: ['b', 'c'], input: { left: 'b', right: 'c', first: 'a' } },
      }),
      { b: { kind: 'success', output: { nul: 'x\u0000y', deep: [1, { two: 2 }] } } },
    );
    expect(grants.at(-1)).toMatchObject({
      taskId: 'd',
      params: { day: 'one' },
      input: { left: { nul: 'x\u0000y', deep: [1, { two: 2 }] }, right: 'by c', first: 'by a' },
    });
  });

  it('fails what depends on a failure, in one flush, and the run with it', async () => {
    const { state, tasks } = await run(
      sampleDag('fails', {
        ...chainOf('a', 'b', 'c', 'd'),
        tidy: { upstream: ['d'], triggerRule: 'all_done' },
      }),
      { b: FAILURE },
    );
    expect(tasks).toEqual({
      a: 'success',
      b: 'failed',
      c: 'upstream_failed',
      d: 'upstream_failed',
      tidy: 'success',
    });
    expect(state).toBe('success');
    const { rows } = await engine.database.query<{ failed_tasks: number }>(
      `select failed_tasks from tidegate.dag_run where dag_id = 'fails'`,
    );
    expect(rows).toEqual([{ failed_tasks: 1 }]);
  });

  it('ends a run as failed when a leaf fails', async () => {
    const { state } = await run(sampleDag('leaf', chainOf('a', 'b')), { b: FAILURE });
    expect(state).toBe('failed');
  });

  it('skips what a task and a branch leave out, and nothing a chosen one leads to', async () => {
    const { state, tasks } = await run(
      sampleDag('branches', {
        skipper: {},
        after: { upstream: ['skipper'] },
        choose: { kind: 'branch', to: ['left', 'right', 'join'] },
        left: { upstream: ['choose'] },
        right: { upstream: ['choose'] },
        below: { upstream: ['right'] },
        join: { upstream: ['choose', 'left', 'below'], triggerRule: 'none_failed_min_one_success' },
      }),
      {
        skipper: { kind: 'skipped', reason: 'not today' },
        choose: { kind: 'branched', chosen: ['left'], output: 'left' },
      },
    );
    expect(state).toBe('success');
    expect(tasks).toEqual({
      skipper: 'skipped',
      after: 'skipped',
      choose: 'success',
      left: 'success',
      right: 'skipped',
      below: 'skipped',
      join: 'success',
    });
  });

  it('skips everything below a short circuit, whatever its rule', async () => {
    const { tasks } = await run(
      sampleDag('circuit', {
        gate: { kind: 'short_circuit' },
        b: { upstream: ['gate'] },
        c: { upstream: ['b'], triggerRule: 'all_done' },
        other: {},
      }),
      { gate: { kind: 'short_circuited', output: false } },
    );
    expect(tasks).toEqual({ gate: 'success', b: 'skipped', c: 'skipped', other: 'success' });
  });

  it('starts a task with one_success at the first success and still waits for the rest to end', async () => {
    const { state, tasks, grants } = await run(
      sampleDag('early', {
        slow: { retries: 0 },
        fast: {},
        first: { upstream: ['slow', 'fast'], triggerRule: 'one_success' },
      }),
      { slow: FAILURE },
    );
    expect(tasks).toEqual({ slow: 'failed', fast: 'success', first: 'success' });
    expect(grants.filter((grant) => grant.taskId === 'first')).toHaveLength(1);
    expect(state).toBe('success');
  });

  it('ends a run without tasks at once', async () => {
    expect((await run(sampleDag('empty', {}))).state).toBe('success');
  });

  it('retries without a delay until the tries are used up, and keeps every try', async () => {
    const { runKey, state, grants } = await run(sampleDag('retries', { a: { retries: 2 } }), {
      a: FAILURE,
    });
    expect(state).toBe('failed');
    expect(grants.map((grant) => grant.tryNumber)).toEqual([1, 2, 3]);
    const tries = await listTries(engine.database, runKey, 0);
    expect(tries.map((one) => [one.tryNumber, one.state, one.worker])).toEqual([
      [1, 'failed', 'w1'],
      [2, 'failed', 'w1'],
      [3, 'failed', 'w1'],
    ]);
  });

  it('does not retry what says it must not be', async () => {
    const { grants } = await run(sampleDag('final', { a: { retries: 5 } }), {
      a: { kind: 'failed', retriable: false, error: { name: 'FailTask', message: 'no use' } },
    });
    expect(grants).toHaveLength(1);
  });

  it('refuses a second report of the same try and a report of an older one', async () => {
    await engine.register(sampleDag('stale', { a: { retries: 1 } }));
    const [runKey = 0] = await engine.createRuns('stale');
    const worker = new TestWorker(engine.app);
    const first = await worker.claimOne();
    expect((await worker.finish([first, first], FAILURE)).results).toEqual(['accepted', 'stale']);
    const second = await worker.claimOne();
    expect(second.token).toBeGreaterThan(first.token);
    expect((await worker.finish([first])).results).toEqual(['stale']);
    expect(await engine.statesOf(runKey)).toEqual({ a: 'running' });
    expect((await worker.finish([{ ...second, token: second.token + 1 }])).results).toEqual([
      'stale',
    ]);
    expect((await worker.finish([second])).results).toEqual(['accepted']);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('runs no more runs of a DAG, nor tasks of a run, than allowed, the older run first', async () => {
    const dag = sampleDag(
      'limits',
      { a: {}, b: {}, c: {} },
      { maxActiveRuns: 2, maxActiveTasks: 2 },
    );
    await engine.register(dag);
    const runs = await engine.createRuns('limits', 4);
    const worker = new TestWorker(engine.app);
    await vi.waitFor(async () => expect(await engine.runState(runs[1] ?? 0)).toBe('running'));
    const grants = [...(await worker.claim(10)), ...(await worker.claim(10, 300))];
    expect(grants.map((grant) => grant.runKey).toSorted()).toEqual([
      runs[0],
      runs[0],
      runs[1],
      runs[1],
    ]);
    expect(await engine.runState(runs[2] ?? 0)).toBe('queued');
    const more = (await worker.finish(grants, SUCCESS, 10)).grants;
    expect(more.map((grant) => grant.taskId)).toEqual(['c', 'c']);
    await worker.finish(more);
    await vi.waitFor(async () => expect(await engine.runState(runs[3] ?? 0)).toBe('running'));
    const isOver = async (): Promise<boolean> =>
      (await engine.runState(runs[3] ?? 0)) === 'success';
    await worker.work(isOver, () => SUCCESS);
    await expect(
      engine.database.query(
        `insert into tidegate.live_run (run_key, dag_id, scope, run_after, slot, cap)
         values ($1, 'limits', 'limits', now(), 2, 2)`,
        [runs[0]],
      ),
    ).rejects.toMatchObject({ constraint: 'live_run_within_max_active_runs' });
  });

  it('starts nothing of a paused DAG and goes on when it is resumed', async () => {
    await engine.register(sampleDag('paused', chainOf('a', 'b')));
    const [runKey = 0] = await engine.createRuns('paused');
    const worker = new TestWorker(engine.app);
    const first = await worker.claimOne();
    await engine.database.query(`update tidegate.dag set is_paused = true where dag_id = 'paused'`);
    expect((await worker.finish([first], SUCCESS, 1)).grants).toEqual([]);
    expect(await worker.claim(1, 1_500)).toEqual([]);
    await engine.database.query(
      `update tidegate.dag set is_paused = false where dag_id = 'paused'`,
    );
    await worker.finish([await worker.claimOne()]);
    expect(await engine.runState(runKey)).toBe('success');
  });
});
