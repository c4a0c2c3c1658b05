import { describe, expect, test } from 'vitest';

import type { TaskOutcome } from '@tidegate/engine/dag';
import type { Grant } from '@tidegate/engine/execution-contract';

import type { ExecutionDouble, Report } from '../../test/worker/execution-double.ts';
import { grantOf } from '../../test/worker/sample-grants.ts';
import { until } from '../../test/worker/until.ts';
import { isAlive, startBench } from '../../test/worker/worker-under-test.ts';

/** Lost tries are not handed out again. */
const ONCE = { requeueLost: false };

const reportOf = (engine: ExecutionDouble, grant: Grant): Promise<Report> =>
  until(() => engine.reportOf(grant), { what: `the report of ${grant.taskId}` });

async function outcomeOf(engine: ExecutionDouble, grant: Grant): Promise<TaskOutcome> {
  engine.enqueue(grant);
  return (await reportOf(engine, grant)).outcome;
}

describe('a task that ends by itself', () => {
  test('reports what it returned, threw or asked for', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine, worker } = bench;
    expect(worker.workerId).toBe('worker-under-test');

    expect(await outcomeOf(engine, grantOf('sample.noop'))).toEqual({
      kind: 'success',
      output: null,
    });
    expect(await outcomeOf(engine, grantOf('sample.double', { input: { number: 21 } }))).toEqual({
      kind: 'success',
      output: 42,
    });
    expect(await outcomeOf(engine, grantOf('sample.fail'))).toMatchObject({
      kind: 'failed',
      retriable: true,
      error: { name: 'TypeError', message: 'no such column', code: '42703' },
    });
    expect(await outcomeOf(engine, grantOf('sample.fail_for_good'))).toMatchObject({
      kind: 'failed',
      retriable: false,
    });
    expect(await outcomeOf(engine, grantOf('sample.skip'))).toEqual({
      kind: 'skipped',
      reason: 'nothing to do',
    });
    expect(await outcomeOf(engine, grantOf('sample.approved'))).toEqual({
      kind: 'rescheduled',
      afterMs: 30_000,
    });
    expect(await outcomeOf(engine, grantOf('sample.no_such_task'))).toMatchObject({
      kind: 'failed',
      error: { code: 'TASK_MISSING' },
    });
  });

  test('knows its load id, stable over tries, and a fence key that outlives clears', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    const grant = grantOf('sample.identity', { tryNumber: 2, clearNumber: 3, mapIndex: 1 });
    const name = `sample/${grant.runId}/identity[1]`;
    expect(await outcomeOf(engine, grant)).toMatchObject({
      output: { loadId: `${name}#3`, fenceKey: name, fenceToken: grant.token, tryNumber: 2 },
    });
  });

  test('sees neither the worker token nor the environment of the worker', async () => {
    process.env['SOMEBODYS_PASSWORD'] = 'leaked';
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    const outcome = await outcomeOf(engine, grantOf('sample.environment'));
    delete process.env['SOMEBODYS_PASSWORD'];
    const text = JSON.stringify(outcome);
    expect(outcome.kind).toBe('success');
    expect(text).not.toContain('leaked');
    expect(text).not.toContain('worker-token');
  });

  test('fails by name when its DAG reads a topic and the worker has no topic log', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    const ranges = [{ topic: 'orders', partition: 0, from: 0, to: 5 }];
    expect(await outcomeOf(engine, grantOf('sample.read', { ranges }))).toMatchObject({
      kind: 'failed',
      error: { code: 'TOPIC_LOG_MISSING' },
    });
    expect(await outcomeOf(engine, grantOf('sample.read'))).toEqual({
      kind: 'success',
      output: { values: [], records: 0 },
    });
  });

  test('runs each DAG in a process of its own', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    const first = await outcomeOf(engine, grantOf('other.pid'));
    const again = await outcomeOf(engine, grantOf('other.pid'));
    expect(again).toEqual(first);
    const neighbour = grantOf('other.pid', { dagId: 'neighbour' });
    expect(await outcomeOf(engine, neighbour)).not.toEqual(first);
    const alone = await outcomeOf(engine, grantOf('other.pid', { isolation: 'process' }));
    expect(alone).not.toEqual(first);
    const pid = (alone as { output: number }).output;
    await until(() => !isAlive(pid), { what: 'the end of the isolated process' });
  });
});

describe('a task that takes its process with it', () => {
  test('process.exit(0) is no success', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    expect(await outcomeOf(engine, grantOf('rogue.exit'))).toMatchObject({
      kind: 'failed',
      retriable: true,
      error: {
        code: 'PROCESS_EXITED',
        message: expect.stringContaining('process.exit(0)') as string,
      },
    });
  });

  test('is named by its process, and the tasks beside it are lost, not failed', async () => {
    await using bench = await startBench({ limits: { perGroup: 1 } }, ONCE);
    const { engine, worker } = bench;
    const marker = worker.scratch.path('innocent');
    const innocent = grantOf('rogue.innocent', { params: { marker } });
    engine.enqueue(innocent);
    await until(() => worker.scratch.read('innocent'));
    const culprit = grantOf('rogue.exit_later');
    expect(await outcomeOf(engine, culprit)).toMatchObject({
      kind: 'failed',
      error: { code: 'PROCESS_EXITED' },
    });
    expect((await reportOf(engine, innocent)).outcome.kind).toBe('lost');
  });

  test('a rejection nobody waits for fails its task with its own message', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    expect(await outcomeOf(engine, grantOf('rogue.stray_rejection'))).toMatchObject({
      kind: 'failed',
      error: { code: 'UNCAUGHT_ERROR', name: 'RangeError', message: 'nobody waits for me' },
    });
  });

  test('a crash without last words fails the only task, and says by which signal', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    expect(await outcomeOf(engine, grantOf('rogue.crash'))).toMatchObject({
      kind: 'failed',
      retriable: true,
      error: { code: 'PROCESS_EXITED', message: expect.stringContaining('SIGABRT') as string },
    });
  });

  test('a kill from outside is no failure of the only task', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine } = bench;
    expect(await outcomeOf(engine, grantOf('rogue.kill_itself'))).toMatchObject({
      kind: 'lost',
      reason: expect.stringContaining('SIGKILL') as string,
      cause: 'process_killed',
    });
  });

  test('running out of memory is told from other crashes, and the log says so', async () => {
    await using bench = await startBench({ limits: { heapMb: 64 } }, ONCE);
    const { engine } = bench;
    const grant = grantOf('rogue.eat_memory');
    expect(await outcomeOf(engine, grant)).toMatchObject({
      kind: 'failed',
      error: { code: 'OUT_OF_MEMORY' },
    });
    await until(() => engine.logOf(grant).some((line) => /heap out of memory/.test(line.message)));
  });

  test('when it is not known who did it, all run alone next time and the guilty one fails', async () => {
    await using bench = await startBench({ limits: { perGroup: 1 } });
    const { engine, worker } = bench;
    const marker = worker.scratch.path('innocent');
    const innocent = grantOf('rogue.innocent', { params: { marker, ms: 1_500 } });
    engine.enqueue(innocent);
    await until(() => worker.scratch.read('innocent'));
    const culprit = grantOf('rogue.crash');
    engine.enqueue(culprit);
    const endsOf = (grant: Grant): string[] =>
      engine.reports
        .filter((report) => report.task.runKey === grant.runKey)
        .map((report) => report.outcome.kind);
    await until(() => endsOf(culprit).length === 2 && endsOf(innocent).length === 2);
    expect(endsOf(culprit)).toEqual(['lost', 'failed']);
    expect(endsOf(innocent)).toEqual(['lost', 'success']);
  });
});

describe('a task that runs too long', () => {
  test('is aborted by its signal, and its process lives on', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine, worker } = bench;
    // The time of a first task goes by while its code is loaded.
    await outcomeOf(engine, grantOf('sample.noop'));
    const marker = worker.scratch.path('sleep');
    const grant = grantOf('sample.sleep', { timeoutMs: 1_500, params: { marker } });
    expect(await outcomeOf(engine, grant)).toMatchObject({
      kind: 'failed',
      retriable: true,
      error: { code: 'TASK_TIMED_OUT' },
    });
    const [started = '', aborted] = (worker.scratch.read('sleep') ?? '').split('\n');
    expect(aborted).toBe('aborted');
    expect(isAlive(Number(started.split(' ')[1]))).toBe(true);
  });

  test.each(['deaf', 'loop'])(
    'is killed with its process when it does not stop: %s',
    async (task) => {
      await using bench = await startBench({ limits: { perGroup: 1 } }, ONCE);
      const { engine, worker } = bench;
      const innocent = grantOf('rogue.innocent', {
        params: { marker: worker.scratch.path('innocent') },
      });
      engine.enqueue(innocent);
      await until(() => worker.scratch.read('innocent'));
      const marker = worker.scratch.path('pid');
      const grant = grantOf(`rogue.${task}`, { timeoutMs: 1_500, params: { marker } });
      expect(await outcomeOf(engine, grant)).toMatchObject({
        kind: 'failed',
        retriable: true,
        error: { code: 'TASK_TIMED_OUT' },
      });
      expect((await reportOf(engine, innocent)).outcome.kind).toBe('lost');
      expect(isAlive(Number(worker.scratch.read('pid')))).toBe(false);
    },
  );

  test('takes what it started with it', async () => {
    await using bench = await startBench({}, ONCE);
    const { engine, worker } = bench;
    const other = worker.scratch.path('innocent');
    await outcomeOf(engine, grantOf('rogue.innocent', { params: { marker: other, ms: 1 } }));
    const marker = worker.scratch.path('pids');
    const grant = grantOf('rogue.grandchild', { timeoutMs: 3_000, params: { marker } });
    expect(await outcomeOf(engine, grant)).toMatchObject({ error: { code: 'TASK_TIMED_OUT' } });
    const pids = (worker.scratch.read('pids') ?? '').split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await until(() => pids.every((pid) => !isAlive(pid)), { what: 'the end of the grandchild' });
  });
});
