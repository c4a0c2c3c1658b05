import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { chainOf, sampleDag } from '../../test/engine/sample-dags.ts';
import { findMiscounts, TestEngine } from '../../test/engine/test-engine.ts';
import { FAILURE, SUCCESS, TestWorker, toKey } from '../../test/engine/test-worker.ts';
import type { SerializedDag } from '../dag/serialized-dag.ts';
import type { TaskOutcome } from '../dag/task-outcome.ts';
import type { Grant } from '../execution/contract.ts';
import { listTriesOfRun } from '../store/reads/list-tries.ts';

describeWith(['postgres'], 'clear and mark', () => {
  let own: MetadataDatabase;
  let engine: TestEngine;

  beforeAll(async () => {
    own = await createMetadataDatabase('clear');
    engine = await TestEngine.start(own.url);
  });
  afterEach(async () => {
    expect(await findMiscounts(engine.database)).toEqual([]);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  async function start(dag: SerializedDag): Promise<number> {
    await engine.register(dag);
    const [runKey = 0] = await engine.createRuns(dag.id);
    return runKey;
  }

  /** Works until the run is over; answers what was granted. */
  async function workOut(
    runKey: number,
    outcomes: Readonly<Record<string, TaskOutcome>> = {},
  ): Promise<Grant[]> {
    const grants: Grant[] = [];
    const isOver = async (): Promise<boolean> =>
      ['success', 'failed'].includes(await engine.runState(runKey));
    await new TestWorker(engine.app).work(isOver, (grant) => {
      grants.push(grant);
      return outcomes[grant.taskId] ?? SUCCESS;
    });
    return grants;
  }

  it('runs cleared tasks of a finished run again: new tries, a new clear number, all retries back', async () => {
    const runKey = await start(
      sampleDag('again', { a: {}, b: { upstream: ['a'], retries: 1 }, c: { upstream: ['b'] } }),
    );
    await workOut(runKey, { b: FAILURE });
    expect(await engine.runState(runKey)).toBe('failed');
    await engine.core.rewriter.clear(runKey, [1, 2]);
    const grants = await workOut(runKey);
    expect(
      grants.map((grant) => [grant.taskId, grant.tryNumber, grant.maxTries, grant.clearNumber]),
    ).toEqual([
      ['b', 3, 3, 1],
      ['c', 1, 0, 1],
    ]);
    expect(await engine.statesOf(runKey)).toEqual({ a: 'success', b: 'success', c: 'success' });
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('gives a downstream the new output of a cleared upstream, never the old one', async () => {
    const dag = sampleDag('outputs', { a: {}, b: { upstream: ['a'], input: { it: 'a' } } });
    const runKey = await start(dag);
    const first = await workOut(runKey, { a: { kind: 'success', output: 'old' } });
    expect(first[1]?.input).toEqual({ it: 'old' });
    await engine.core.rewriter.clear(runKey, [0, 1]);
    const second = await workOut(runKey, { a: { kind: 'success', output: 'new' } });
    expect(second[1]?.input).toEqual({ it: 'new' });
  });

  it('skips again what a branch left out when it is cleared below the branch', async () => {
    const runKey = await start(
      sampleDag('branch', {
        choose: { kind: 'branch', to: ['left', 'right'] },
        left: { upstream: ['choose'] },
        right: { upstream: ['choose'] },
      }),
    );
    await workOut(runKey, { choose: { kind: 'branched', chosen: ['left'], output: 'left' } });
    await engine.core.rewriter.clear(runKey, [1, 2]);
    const grants = await workOut(runKey);
    expect(grants.map((grant) => grant.taskId)).toEqual(['left']);
    expect(await engine.statesOf(runKey)).toEqual({
      choose: 'success',
      left: 'success',
      right: 'skipped',
    });
  });

  it('stops a task that is cleared while it runs, and starts it afresh', async () => {
    const runKey = await start(sampleDag('midst', chainOf('a', 'b')));
    const worker = new TestWorker(engine.app);
    const running = await worker.claimOne();
    await engine.core.rewriter.clear(runKey, [0]);
    expect(await engine.statesOf(runKey)).toEqual({ a: 'restarting', b: 'none' });
    expect((await worker.heartbeat([running])).revoked).toEqual([toKey(running)]);
    const afresh = await worker.claimOne();
    expect(afresh).toMatchObject({ taskId: 'a', clearNumber: 1, tryNumber: 2 });
    expect((await worker.finish([running])).results).toEqual(['stale']);
    await worker.finish([afresh]);
    await workOut(runKey);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('takes what a cleared try still reports as its end, not as its result', async () => {
    const runKey = await start(sampleDag('reports', { a: {} }));
    const worker = new TestWorker(engine.app);
    const running = await worker.claimOne();
    await engine.core.rewriter.clear(runKey, [0]);
    const answer = await worker.finish([running], SUCCESS, 1);
    expect(answer.grants).toMatchObject([{ taskId: 'a', clearNumber: 1 }]);
    await worker.finish(answer.grants);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('revives what failed downstream of a task marked as success', async () => {
    const runKey = await start(sampleDag('marked', chainOf('a', 'b')));
    await workOut(runKey, { a: FAILURE });
    expect(await engine.statesOf(runKey)).toEqual({ a: 'failed', b: 'upstream_failed' });
    await engine.core.rewriter.markTasks(runKey, [0], 'success');
    const grants = await workOut(runKey);
    expect(grants.map((grant) => grant.taskId)).toEqual(['b']);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('ends every task of a run marked failed, frees its slots, and refuses later reports', async () => {
    const runKey = await start(
      sampleDag('stopped', { a: {}, b: {}, c: { upstream: ['a'] } }, { maxActiveTasks: 1 }),
    );
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    await engine.core.rewriter.markRun(runKey, 'failed');
    expect(Object.values(await engine.statesOf(runKey)).toSorted()).toEqual([
      'failed',
      'skipped',
      'skipped',
    ]);
    expect((await worker.heartbeat([grant])).revoked).toEqual([toKey(grant)]);
    expect((await worker.finish([grant])).results).toEqual(['stale']);
    const [stopped, ...others] = await listTriesOfRun(engine.database, runKey, 10);
    expect(others).toEqual([]);
    expect(stopped).toMatchObject({ ix: grant.ix, try_number: 1, state: 'failed' });
    expect(stopped?.error).toContain('stopped at work and set to failed');
    const { rows } = await engine.database.query(
      `select used from tidegate.limit_usage where key = 'pool:default_pool'`,
    );
    expect(rows).toEqual([{ used: 0 }]);
  });

  it('marks a run as success with everything in it', async () => {
    const runKey = await start(sampleDag('done', chainOf('a', 'b')));
    await vi.waitFor(async () => expect(await engine.runState(runKey)).toBe('running'));
    await engine.core.rewriter.markRun(runKey, 'success');
    expect(await engine.statesOf(runKey)).toEqual({ a: 'success', b: 'success' });
    expect(await engine.runState(runKey)).toBe('success');
  });
});
