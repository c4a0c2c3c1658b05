import { once } from 'node:events';
import { get } from 'node:http';

import { afterAll, beforeAll, beforeEach, afterEach, expect, it, vi } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { ManualClock } from '../../test/engine/manual-clock.ts';
import { chainOf, sampleDag } from '../../test/engine/sample-dags.ts';
import { findMiscounts, TestEngine, WORKER_TOKEN } from '../../test/engine/test-engine.ts';
import { FAILURE, SUCCESS, TestWorker, toKey } from '../../test/engine/test-worker.ts';
import type { Grant } from '../execution/contract.ts';
import { listTries } from '../store/reads/list-tries.ts';
import { repairLimits } from '../store/sweep/repair-limits.ts';

describeWith(['postgres'], 'leases, timers and the sweep', () => {
  let own: MetadataDatabase;
  let engine: TestEngine;
  let clock: ManualClock;

  beforeAll(async () => {
    own = await createMetadataDatabase('time');
  });
  beforeEach(async () => {
    clock = new ManualClock();
    engine = await TestEngine.start(own.url, { clock });
  });
  afterEach(async () => {
    expect(await findMiscounts(engine.database)).toEqual([]);
    await engine[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  /** Lets time pass until something is granted: sweeps, timers and polls run on the test's clock. */
  async function grantAfter(
    worker: TestWorker,
    stepMs: number,
    meanwhile: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Grant> {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline) {
      const poll = { isOpen: true };
      const claim = worker.claim(1, 20_000).finally(() => (poll.isOpen = false));
      while (poll.isOpen) {
        clock.advance(stepMs);
        await meanwhile();
        // Time stands still while a grant is on its way: no lease ends because the machine is slow.
        await engine.core.settle();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const [grant] = await claim;
      if (grant !== undefined) return grant;
    }
    throw new Error('nothing was granted in time');
  }

  it('counts the slots of a pool anew when they are wrong, what runs included', async () => {
    await engine.register(sampleDag('drifted', { a: { poolSlots: 3 } }));
    await engine.createRuns('drifted');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    expect(await repairLimits(engine.database)).toEqual([]);
    await engine.database.query('update tidegate.limit_usage set used = 77');
    expect(await repairLimits(engine.database)).toEqual([
      { key: 'pool:default_pool', counted: 77, used: 3 },
    ]);
    await worker.finish([grant], SUCCESS);
    expect(await repairLimits(engine.database)).toEqual([]);
  });

  it('waits out the retry delay, longer at each retry', async () => {
    const retry = { retries: 2, retryDelayMs: 60_000, retryBackoff: 'exponential' } as const;
    await engine.register(sampleDag('delays', { a: retry }));
    const [runKey = 0] = await engine.createRuns('delays');
    const worker = new TestWorker(engine.app);
    const waits: number[] = [];
    let grant = await worker.claimOne();
    for (let tryNumber = 1; tryNumber <= 2; tryNumber += 1) {
      await worker.finish([grant], FAILURE);
      expect(await engine.statesOf(runKey)).toEqual({ a: 'up_for_retry' });
      const from = clock.now();
      grant = await grantAfter(worker, 1_000);
      waits.push(clock.now() - from);
      expect(grant.tryNumber).toBe(tryNumber + 1);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(60_000);
    expect(waits[1]).toBeGreaterThanOrEqual(120_000);
    expect(waits[1]).toBeLessThan(260_000);
    await worker.finish([grant]);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('frees the slot of a sensor that looks again, and resumes the same try', async () => {
    await engine.register(
      sampleDag('sensor', { wait: { kind: 'sensor' }, after: { upstream: ['wait'] } }),
    );
    const [runKey = 0] = await engine.createRuns('sensor');
    const worker = new TestWorker(engine.app);
    const first = await worker.claimOne();
    await worker.finish([first], { kind: 'rescheduled', afterMs: 30_000 });
    const { rows } = await engine.database.query<{ used: number }>(
      `select used from tidegate.limit_usage where key = 'pool:default_pool'`,
    );
    expect(rows).toEqual([{ used: 0 }]);
    const again = await grantAfter(worker, 1_000);
    expect(again.tryNumber).toBe(1);
    expect(again.token).toBeGreaterThan(first.token);
    expect(first.elapsedMs).toBeNull();
    expect(again.elapsedMs).toBeGreaterThanOrEqual(30_000);
    expect(again.elapsedMs).toBeLessThan(60_000);
    await worker.finish([again]);
    await worker.finish([await worker.claimOne()]);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('leaves the times of a report alone that waited to be read', async () => {
    await engine.register(sampleDag('waited', { a: {} }));
    const [runKey = 0] = await engine.createRuns('waited');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    clock.advance(100);
    const endedAt = clock.now();
    clock.advance(5_000);
    await finishAt(worker, grant, { startedAt: endedAt - 40, endedAt, sentAt: endedAt + 1 });
    expect(await listTries(engine.database, runKey, 0)).toMatchObject([
      { startedAt: new Date(endedAt - 40), endedAt: new Date(endedAt) },
    ]);
  });

  it.each([
    ['two hours ahead', 7_200_000],
    ['two hours behind', -7_200_000],
  ])('keeps the times of a try whose worker has its clock %s', async (_, offMs) => {
    await engine.register(sampleDag('off', { a: {} }));
    const [runKey = 0] = await engine.createRuns('off');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    clock.advance(100);
    const nowMs = clock.now();
    await finishAt(worker, grant, {
      startedAt: nowMs + offMs - 50,
      endedAt: nowMs + offMs - 10,
      sentAt: nowMs + offMs,
    });
    expect(await listTries(engine.database, runKey, 0)).toMatchObject([
      { startedAt: new Date(nowMs - 50), endedAt: new Date(nowMs - 10) },
    ]);
  });

  it.each([
    ['ahead', 7_200_000],
    ['back', -7_200_000],
  ])(
    'takes a try whose worker has its clock set %s before it reports to lie between grant and report',
    async (_, offMs) => {
      await engine.register(sampleDag('set', { a: {} }));
      const [runKey = 0] = await engine.createRuns('set');
      const grantedMs = clock.now();
      const worker = new TestWorker(engine.app);
      const grant = await worker.claimOne();
      clock.advance(100);
      const nowMs = clock.now();
      const wrong = nowMs - offMs;
      await finishAt(worker, grant, { startedAt: wrong - 50, endedAt: wrong - 10, sentAt: nowMs });
      const [{ startedAt, endedAt } = {}] = await listTries(engine.database, runKey, 0);
      expect(startedAt?.getTime()).toBeGreaterThanOrEqual(grantedMs);
      expect(endedAt?.getTime()).toBeGreaterThanOrEqual(startedAt?.getTime() ?? Infinity);
      expect(endedAt?.getTime()).toBeLessThanOrEqual(nowMs);
    },
  );

  it('gives a try to another worker when its lease has run out, without using a retry', async () => {
    await engine.register(sampleDag('lease', { a: {} }));
    const [runKey = 0] = await engine.createRuns('lease');
    const dead = new TestWorker(engine.app, 'dead');
    const lost = await dead.claimOne();
    const other = new TestWorker(engine.app, 'other');
    const grant = await grantAfter(other, 1_000);
    expect(grant).toMatchObject({ tryNumber: 2, maxTries: 1, runKey });
    expect(grant.token).toBeGreaterThan(lost.token);
    expect((await dead.finish([lost], FAILURE)).results).toEqual(['stale']);
    expect(await engine.statesOf(runKey)).toEqual({ a: 'running' });
    await other.finish([grant], FAILURE);
    expect(await engine.runState(runKey)).toBe('failed');
    const tries = await listTries(engine.database, runKey, 0);
    expect(tries.map((one) => one.state)).toEqual(['lost', 'failed']);
  });

  it('leaves a try alone as long as its worker says it holds it', async () => {
    await engine.register(sampleDag('beats', { a: {} }));
    await engine.createRuns('beats');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    for (let beat = 0; beat < 12; beat += 1) {
      clock.advance(5_000);
      expect(await worker.heartbeat([grant])).toEqual({ leaseMs: 15_000, revoked: [] });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await worker.finish([grant])).results).toEqual(['accepted']);
  });

  it('gives up a try its own worker never heard of', async () => {
    await engine.register(sampleDag('unheard', { a: {} }));
    await engine.createRuns('unheard');
    const worker = new TestWorker(engine.app);
    const unheard = await worker.claimOne();
    const grant = await grantAfter(worker, 2_000, () => worker.heartbeat([]));
    expect(grant.taskId).toBe(unheard.taskId);
    expect(grant.token).toBeGreaterThan(unheard.token);
    // Each loss gave back what its try used.
    expect(grant.maxTries).toBe(grant.tryNumber - 1);
    await worker.finish([grant]);
  });

  it('takes over at once what a restarted worker held, and tells the old process', async () => {
    await engine.register(sampleDag('restart', { a: {} }));
    await engine.createRuns('restart');
    const before = new TestWorker(engine.app, 'home', 'first-process');
    const held = await before.claimOne();
    const after = new TestWorker(engine.app, 'home', 'second-process');
    const grant = await after.claimOne();
    expect(grant.token).toBeGreaterThan(held.token);
    expect((await before.heartbeat([held])).revoked).toEqual([toKey(held)]);
    await expect(before.claim(1, 0)).rejects.toThrow('SESSION_SUPERSEDED');
    expect((await before.finish([held])).results).toEqual(['stale']);
    expect((await after.finish([grant])).results).toEqual(['accepted']);
  });

  it('gives up, after a moment, what the worker of a closed session held', async () => {
    await engine.register(sampleDag('session', { a: {} }));
    await engine.createRuns('session');
    const worker = new TestWorker(engine.app);
    const address = await engine.app.listen({ host: '127.0.0.1', port: 0 });
    const who = `workerId=${worker.workerId}&sessionId=${worker.sessionId}`;
    const supervisor = get(`${address}/execution/session?${who}`, {
      headers: { authorization: `Bearer ${WORKER_TOKEN}` },
    });
    supervisor.on('error', () => undefined);
    await once(supervisor, 'response');
    const held = await worker.claimOne();
    supervisor.destroy();
    const from = clock.now();
    const other = new TestWorker(engine.app, 'other');
    const grant = await grantAfter(other, 200);
    expect(clock.now() - from).toBeGreaterThanOrEqual(2_000);
    expect(clock.now() - from).toBeLessThan(15_000);
    expect(grant).toMatchObject({ tryNumber: 2, maxTries: 1 });
    expect((await worker.finish([held])).results).toEqual(['stale']);
    await other.finish([grant]);
  });

  it('says what a run waits for, and forgets it when the wait is over', async () => {
    await engine.register(sampleDag('waits', { a: {} }));
    const [runKey = 0] = await engine.createRuns('waits');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    const waitingFor = async (): Promise<unknown> =>
      (
        await engine.database.query(`select waiting_for from tidegate.dag_run where run_key = $1`, [
          runKey,
        ])
      ).rows[0]?.['waiting_for'];
    await worker.heartbeat([grant], {
      waitingFor: 'the warehouse',
      progress: { done: 1, total: 3 },
    });
    expect(await waitingFor()).toBe('the warehouse');
    expect(await listTries(engine.database, runKey, 0)).toMatchObject([
      { state: 'running', progress: '{"done":1,"total":3}', waitingFor: 'the warehouse' },
    ]);
    await worker.heartbeat([grant]);
    expect(await waitingFor()).toBeNull();
    await worker.finish([grant]);
    expect(await listTries(engine.database, runKey, 0)).toMatchObject([
      { state: 'success', progress: '{"done":1,"total":3}', waitingFor: null },
    ]);
  });

  it('fails a run that is out of time and skips what is left of it', async () => {
    await engine.register(sampleDag('slow', chainOf('a', 'b'), { runTimeoutMs: 60_000 }));
    const [runKey = 0] = await engine.createRuns('slow');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    await vi.waitFor(
      async () => {
        clock.advance(1_000);
        await worker.heartbeat([grant]);
        expect(await engine.runState(runKey)).toBe('failed');
      },
      { timeout: 15_000, interval: 10 },
    );
    expect(await engine.statesOf(runKey)).toEqual({ a: 'skipped', b: 'skipped' });
    expect((await worker.heartbeat([grant])).revoked).toEqual([toKey(grant)]);
    expect((await worker.finish([grant])).results).toEqual(['stale']);
  });

  it('takes up, after a restart, what the last scheduler left half done', async () => {
    await engine.register(sampleDag('taken_up', { a: { retries: 1, retryDelayMs: 5_000 }, b: {} }));
    const [runKey = 0] = await engine.createRuns('taken_up');
    const worker = new TestWorker(engine.app);
    const grants = await worker.claim(2);
    const a = grants.filter((grant) => grant.taskId === 'a');
    await worker.finish(a.length > 0 ? a : [await worker.claimOne()], FAILURE);
    await engine[Symbol.asyncDispose]();
    engine = await TestEngine.start(own.url, { clock });
    const heir = new TestWorker(engine.app, 'heir');
    const second = await grantAfter(heir, 500);
    const third = await grantAfter(heir, 500, () => heir.heartbeat([second]));
    expect([second.taskId, third.taskId].toSorted()).toEqual(['a', 'b']);
    await heir.finish([second, third]);
    expect(await engine.runState(runKey)).toBe('success');
  });

  it('repairs counters and ends a run nothing will move any more', async () => {
    await engine.register(sampleDag('stuck', chainOf('a', 'b')));
    const [runKey = 0] = await engine.createRuns('stuck');
    const worker = new TestWorker(engine.app);
    const grant = await worker.claimOne();
    await worker.finish([grant]);
    // What a bug might leave: b never became ready, and a's success was not counted.
    await vi.waitFor(async () => expect((await engine.statesOf(runKey))['b']).toBe('scheduled'));
    await engine.database.query(
      `update tidegate.task_instance set state = 'none', success = 0 where run_key = $1 and ix = 1`,
      [runKey],
    );
    await worker.finish([await grantAfter(worker, 1_000)], SUCCESS);
    expect(await engine.runState(runKey)).toBe('success');
  });
});

/** Reports success with times of the worker's own clock, in milliseconds since 1970. */
async function finishAt(
  worker: TestWorker,
  grant: Grant,
  times: { readonly startedAt: number; readonly endedAt: number; readonly sentAt: number },
): Promise<void> {
  const toText = (ms: number): string => new Date(ms).toISOString();
  await worker.post('/execution/finish', {
    ...{ workerId: worker.workerId, sessionId: worker.sessionId },
    results: [
      {
        task: toKey(grant),
        outcome: SUCCESS,
        startedAt: toText(times.startedAt),
        endedAt: toText(times.endedAt),
      },
    ],
    ...{ slots: 0, queues: ['default'], sentAt: toText(times.sentAt) },
  });
}
