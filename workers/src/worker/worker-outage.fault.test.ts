import { describe, expect, test } from 'vitest';

import { EXECUTION_ROUTES } from '@tidegate/engine/execution-contract';

import { startProxy } from '../../../test/cdc/cuttable-proxy.ts';
import { startExecutionDouble } from '../../test/worker/execution-double.ts';
import { grantOf, SAMPLE_BUNDLES } from '../../test/worker/sample-grants.ts';
import { startWorkerProgram } from '../../test/worker/start-worker-program.ts';
import { until } from '../../test/worker/until.ts';
import {
  createScratch,
  isAlive,
  startBench,
  workerConfig,
} from '../../test/worker/worker-under-test.ts';
import { startWorker } from './start-worker.ts';

const SHORT_LEASE = { leaseMs: 1_500 };

describe('a worker that dies', () => {
  test('takes task processes and what they started with it, even out of an endless loop', async () => {
    using scratch = createScratch();
    await using engine = await startExecutionDouble({ bundles: SAMPLE_BUNDLES });
    using worker = startWorkerProgram(workerConfig(engine.url, scratch.folder));
    const loop = grantOf('rogue.loop', { params: { marker: scratch.path('loop') } });
    const parent = grantOf('rogue.grandchild', {
      isolation: 'process',
      params: { marker: scratch.path('pids') },
    });
    engine.enqueue(loop, parent);
    const pids = await until(() => {
      const both = [scratch.read('loop'), scratch.read('pids')];
      return both.every((text) => text !== undefined) && both.join(' ').split(' ').map(Number);
    });
    expect(pids).toHaveLength(3);
    expect(engine.sessions.size).toBe(1);
    worker.process.kill('SIGKILL');
    await worker.exited;
    await until(() => pids.every((pid) => !isAlive(pid)), { what: 'the end of all processes' });
    await until(() => engine.sessions.size === 0, { what: 'the end of the session' });
  });

  test('paused beyond its lease: its late reports are stale, and nothing of its tasks goes on', async () => {
    using scratch = createScratch();
    await using engine = await startExecutionDouble({ bundles: SAMPLE_BUNDLES, ...SHORT_LEASE });
    using worker = startWorkerProgram(workerConfig(engine.url, scratch.folder));
    const ends = grantOf('sample.sleep', { params: { ms: 700 } });
    const goesOn = grantOf('sample.sleep', { params: { marker: scratch.path('marker') } });
    engine.enqueue(ends, goesOn);
    await until(() => scratch.read('marker'));
    worker.process.kill('SIGSTOP');
    const pausedAtMs = performance.now();
    await until(() => performance.now() - pausedAtMs > 2 * SHORT_LEASE.leaseMs);
    expect(engine.reports).toHaveLength(0);
    worker.process.kill('SIGCONT');
    const pid = Number(scratch.read('marker')?.trim().split(' ')[1]);
    await until(() => !isAlive(pid), { what: 'the end of the task process' });
    const next = grantOf('sample.noop');
    engine.enqueue(next);
    await until(() => engine.reportOf(ends) && engine.reportOf(next), { what: 'work after it' });
    // The one cut short is reported too, unless a heartbeat was told first that it is not ours.
    const late = engine.reports.filter(({ task }) => task.runKey !== next.runKey);
    expect(late.map((report) => report.verdict)).not.toContain('accepted');
    expect(engine.reportOf(goesOn)?.outcome.kind).not.toBe('success');
  });
});

describe('SIGTERM', () => {
  test('claims nothing more, lets a task end, reports the other as lost, exits with 0', async () => {
    using scratch = createScratch();
    await using engine = await startExecutionDouble({
      bundles: SAMPLE_BUNDLES,
      requeueLost: false,
    });
    using worker = startWorkerProgram(
      workerConfig(engine.url, scratch.folder, { timing: { stopGraceMs: 1_500 } }),
    );
    const short = grantOf('sample.sleep', { params: { ms: 800, marker: scratch.path('short') } });
    const long = grantOf('sample.sleep', { params: { marker: scratch.path('long') } });
    engine.enqueue(short, long);
    await until(() => scratch.read('short') !== undefined && scratch.read('long') !== undefined);
    worker.process.kill('SIGTERM');
    const late = grantOf('sample.noop');
    await until(() => engine.reportOf(short));
    engine.enqueue(late);
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(engine.reportOf(short)?.outcome).toEqual({ kind: 'success', output: 'slept' });
    expect(engine.reportOf(long)?.outcome).toEqual({
      kind: 'lost',
      reason: 'the worker was stopped',
    });
    expect(engine.reportOf(late)).toBeUndefined();
  });
});

describe('an engine that is away', () => {
  test('shorter than the lease: the task goes on and its report arrives afterwards', async () => {
    await using bench = await startBench({}, { leaseMs: 6_000 });
    const { engine, worker } = bench;
    const marker = worker.scratch.path('marker');
    const grant = grantOf('sample.sleep', { params: { ms: 500, marker } });
    engine.enqueue(grant);
    await until(() => worker.scratch.read('marker'));
    engine.behave('away');
    const awaySinceMs = performance.now();
    await until(() => performance.now() - awaySinceMs > 1_000);
    engine.behave('well');
    const report = await until(() => engine.reportOf(grant));
    expect(report).toMatchObject({ verdict: 'accepted', outcome: { kind: 'success' } });
    const next = grantOf('sample.noop');
    engine.enqueue(next);
    await until(() => engine.reportOf(next), { what: 'work after the outage' });
    await until(() => engine.sessions.size === 1, { what: 'the session after the outage' });
  });

  test.each(['away', 'silent'] as const)(
    'longer than the lease (%s): tasks are aborted, then killed, before it ends',
    async (how) => {
      const leases = { ...SHORT_LEASE, requeueLost: false };
      await using bench = await startBench({ timing: { abortGraceMs: 60_000 } }, leases);
      const { engine, worker } = bench;
      const polite = grantOf('sample.sleep', { params: { marker: worker.scratch.path('polite') } });
      const deaf = grantOf('rogue.deaf', { params: { marker: worker.scratch.path('deaf') } });
      engine.enqueue(polite, deaf);
      await until(() => worker.scratch.read('polite') && worker.scratch.read('deaf'));
      const awaySinceMs = performance.now();
      engine.behave(how);
      const pid = Number(worker.scratch.read('deaf'));
      await until(() => worker.scratch.read('polite')?.includes('aborted'));
      await until(() => !isAlive(pid), { what: 'the end of the deaf task' });
      // The newest lease began before the engine went away.
      expect(performance.now() - awaySinceMs).toBeLessThan(SHORT_LEASE.leaseMs);
      engine.behave('well');
      await until(() => engine.reportOf(polite) && engine.reportOf(deaf), { withinMs: 25_000 });
      expect(engine.reports.map((report) => report.outcome.kind)).not.toContain('success');
    },
  );
});

test('takes new connections within seconds when those to the engine die without a word', async () => {
  using scratch = createScratch();
  await using engine = await startExecutionDouble({ bundles: SAMPLE_BUNDLES });
  await using network = await startProxy(engine.url);
  const worker = await startWorker(
    workerConfig(network.through(engine.url).replace(/\/$/, ''), scratch.folder),
  );
  const first = grantOf('sample.noop');
  engine.enqueue(first);
  await until(() => engine.reportOf(first));
  const { claim, session } = EXECUTION_ROUTES;
  const [claims, sessions] = [engine.callsOf(claim), engine.callsOf(session)];
  network.abandon();
  await until(() => engine.callsOf(claim) > claims, { withinMs: 12_000, what: 'a claim' });
  await until(() => engine.callsOf(session) > sessions, { withinMs: 15_000, what: 'a session' });
  const next = grantOf('sample.noop');
  engine.enqueue(next);
  await until(() => engine.reportOf(next), { withinMs: 12_000 });
  await worker.stop();
});

test('a revoked try is aborted, and nothing of it is reported', async () => {
  await using bench = await startBench({}, SHORT_LEASE);
  const { engine, worker } = bench;
  const grant = grantOf('sample.sleep', { params: { marker: worker.scratch.path('marker') } });
  engine.enqueue(grant);
  await until(() => worker.scratch.read('marker'));
  engine.revoke(grant);
  await until(() => worker.scratch.read('marker')?.includes('aborted'));
  const next = grantOf('sample.noop');
  engine.enqueue(next);
  await until(() => engine.reportOf(next));
  expect(engine.reportOf(grant)).toBeUndefined();
});

test('the heartbeat carries progress and what a task waits for', async () => {
  await using bench = await startBench({}, SHORT_LEASE);
  const { engine } = bench;
  const grant = grantOf('talker.report');
  engine.enqueue(grant);
  const told = await until(() =>
    engine.heartbeats.flatMap((beat) => beat.tasks).find((task) => task.progress !== undefined),
  );
  expect(told).toMatchObject({ progress: { done: 1, total: 2 }, waitingFor: 'the tide' });
});

test('a worker whose place a newer process took says so', async () => {
  await using bench = await startBench();
  const { engine, worker } = bench;
  using scratch = createScratch();
  const newer = await startWorker(workerConfig(engine.url, scratch.folder));
  // Only a claim tells: the outstanding poll is answered when the newer process claims.
  await expect(worker.ended).rejects.toMatchObject({ code: 'WORKER_SUPERSEDED' });
  const grant = grantOf('sample.noop');
  engine.enqueue(grant);
  expect((await until(() => engine.reportOf(grant))).verdict).toBe('accepted');
  await newer.stop();
});
