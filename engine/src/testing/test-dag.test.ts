import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { defineDag, FailTask, once, SkipTask, topic, type TaskContext } from '../dag/index.ts';
import { testDag, testTask } from './index.ts';

const statesOf = ({ tasks }: Awaited<ReturnType<typeof testDag>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tasks).map(([id, { state }]) => [id, state]));

describe('testDag', () => {
  it('runs tasks in order, hands outputs over, keeps what they log', async () => {
    const dag = defineDag({ id: 'd', params: z.object({ n: z.number() }) }, ({ task }) => {
      const rows = task('rows', ({ params }) => Array.from({ length: params.n }, (_, i) => i));
      task(
        'sum',
        ({ input, log }) => {
          log.info({ rows: input.rows.length }, 'summed');
          return input.rows.reduce((a, b) => a + b, 0);
        },
        { input: { rows } },
      );
    });
    const { state, tasks } = await testDag(dag, { params: { n: 4 } });
    expect(state).toBe('success');
    expect(tasks['sum']).toEqual({
      ...{ state: 'success', tries: 1, output: 6, error: null },
      logs: [{ level: 'info', message: 'summed', fields: { rows: 4 } }],
    });
  });

  it('retries, without waiting for it, and fails when no try is left', async () => {
    let calls = 0;
    const dag = defineDag({ id: 'd' }, ({ task }) => {
      const second = task(
        'second',
        ({ task }) => {
          if (task.tryNumber < 2) throw new Error('once');
          return task.tryNumber;
        },
        { retries: 3, retryDelay: '1h' },
      );
      const never = task(
        'never',
        () => {
          calls += 1;
          throw new Error('always');
        },
        { retries: 2, retryDelay: '1d', retryBackoff: 'exponential' },
      );
      task('hopeless', () => Promise.reject(new FailTask('no')), { retries: 5 });
      task('after', () => 1, { after: [second, never] });
    });
    const run = await testDag(dag);
    expect(run.state).toBe('failed');
    expect(statesOf(run)).toEqual({
      ...{ second: 'success', never: 'failed', hopeless: 'failed', after: 'upstream_failed' },
    });
    expect([run.tasks['second']?.tries, run.tasks['never']?.tries, calls]).toEqual([2, 3, 3]);
    expect(run.tasks['hopeless']).toMatchObject({ tries: 1, error: { message: 'no' } });
  });

  it('follows branches, short circuits, skips and trigger rules', async () => {
    const dag = defineDag({ id: 'd' }, ({ task, branch, shortCircuit }) => {
      const small = task('small', () => 1);
      const large = task('large', () => 2);
      branch('choose', () => 'large', { to: [small, large] });
      task('join', ({ input }) => [input.small ?? null, input.large ?? null], {
        input: { small, large },
        triggerRule: 'none_failed_min_one_success',
      });
      const cut = shortCircuit('cut', () => false);
      const behind = task('behind', () => 1, { after: cut });
      task('far', () => 1, { after: behind, triggerRule: 'always' });
      const skips = task('skips', (): null => {
        throw new SkipTask('nothing to do');
      });
      task('tidy', () => 1, { after: [skips], triggerRule: 'all_done' });
    });
    const run = await testDag(dag);
    expect(run.state).toBe('success');
    expect(statesOf(run)).toEqual({
      ...{ choose: 'success', small: 'skipped', large: 'success', join: 'success' },
      ...{ cut: 'success', behind: 'skipped', far: 'skipped', skips: 'skipped', tidy: 'success' },
    });
    expect(run.tasks['join']?.output).toEqual([null, 2]);
  });

  it('lets sensors look again on the clock of the test, until they time out', async () => {
    let looks = 0;
    const dag = defineDag({ id: 'd' }, ({ sensor }) => {
      sensor('third', () => (looks += 1) >= 3, { every: '10m' });
      sensor('never', () => false, { every: '30s', timeout: '2m', softFail: true });
    });
    const run = await testDag(dag);
    expect(statesOf(run)).toEqual({ third: 'success', never: 'skipped' });
    expect([looks, run.tasks['third']?.tries]).toEqual([3, 1]);
  });

  it('says so when a sensor can never end', async () => {
    const dag = defineDag({ id: 'd' }, ({ sensor }) => void sensor('s', () => false));
    await expect(testDag(dag)).rejects.toMatchObject({ code: 'TEST_NEVER_ENDS' });
  });

  it('gives records, connections, variables and the time of the run', async () => {
    const dag = defineDag(
      { id: 'd', source: topic('orders'), defaults: { connections: ['dw'] } },
      ({ task }) => {
        task('read', async ({ source, connection, variable, run }) => {
          const values: unknown[] = [];
          for await (const { records } of source.read()) {
            for (const { value } of records) values.push(JSON.parse(String(value)));
          }
          const { type } = await connection('dw');
          return {
            values: values.length,
            ranges: source.ranges.map(({ from, to }) => [from, to]),
            records: source.records,
            type,
            zone: await variable('zone'),
            at: run.runAfter,
          };
        });
        task('stranger', async ({ connection }) => (await connection('other')).type);
      },
    );
    const run = await testDag(dag, {
      clock: '2026-05-01T00:00:00Z',
      connections: { dw: 'postgresql://localhost/x', other: 'mysql://localhost/y' },
      variables: { zone: 'Asia/Seoul' },
      records: [{ value: { id: 1 } }, { value: { id: 2 }, partition: 1 }, { value: { id: 3 } }],
    });
    expect(run.tasks['read']?.output).toEqual({
      ...{
        values: 3,
        ranges: [
          [0, 2],
          [0, 1],
        ],
        records: 3,
      },
      ...{ type: 'postgres', zone: 'Asia/Seoul', at: '2026-05-01T00:00:00.000Z' },
    });
    expect(run.tasks['stranger']?.error?.code).toBe('CONNECTION_UNKNOWN');
  });

  it('ends a task that takes too long, listening or not', async () => {
    const dag = defineDag({ id: 'd' }, ({ task }) => {
      task(
        'listens',
        ({ signal }) =>
          new Promise<null>((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('stopped')));
          }),
        { timeout: '20ms' },
      );
      task('deaf', () => new Promise<null>(() => undefined), { timeout: '20ms' });
    });
    const run = await testDag(dag);
    expect(run.tasks['listens']?.error?.code).toBe('TASK_TIMED_OUT');
    expect(run.tasks['deaf']?.error?.code).toBe('TASK_TIMED_OUT');
  });

  it('refuses what registration would refuse', async () => {
    const dag = defineDag(
      { id: 'd', schedule: once(), deadline: { within: '1h', then: [] } },
      () => undefined,
    );
    await expect(testDag(dag)).rejects.toMatchObject({ code: 'NOT_BUILT_YET' });
  });
});

describe('testTask', () => {
  it('runs one task of a DAG, by id, with the inputs given', async () => {
    const dag = defineDag({ id: 'd' }, ({ task }) => {
      const rows = task('rows', () => [1, 2]);
      task('count', ({ input }) => input.rows.length, { input: { rows } });
    });
    expect(await testTask(dag, 'count', { input: { rows: [1, 2, 3] } })).toMatchObject({
      ...{ outcome: { kind: 'success' }, output: 3, error: null },
    });
    await expect(async () => testTask(dag, 'sum')).rejects.toMatchObject({ code: 'TASK_MISSING' });
  });

  it('runs a task function of its own, typed by its context', async () => {
    const load = ({ input, params }: TaskContext<{ rows: number[] }, { by: number }>): number =>
      input.rows.length * params.by;
    const { output } = await testTask(load, { input: { rows: [1] }, params: { by: 5 } });
    expect(output).toBe(5);
    // @ts-expect-error: rows are numbers
    await testTask(load, { input: { rows: ['1'] }, params: { by: 5 } });
  });
});
