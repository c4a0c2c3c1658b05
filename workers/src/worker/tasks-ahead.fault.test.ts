import { describe, expect, test } from 'vitest';

import type { Grant } from '@tidegate/engine/execution-contract';

import type { DoubleOptions } from '../../test/worker/execution-double.ts';
import { grantOf } from '../../test/worker/sample-grants.ts';
import { until } from '../../test/worker/until.ts';
import { isAlive, startBench, type Bench } from '../../test/worker/worker-under-test.ts';

const SLOTS = 8;
/** A worker that has seen enough short tasks to hand some to a process ahead; of one process by default. */
async function startBenchAhead(engine: Partial<DoubleOptions> = {}, perGroup = 1): Promise<Bench> {
  const bench = await startBench(
    { concurrency: SLOTS, limits: { perGroup, tasksPerProcess: SLOTS / perGroup } },
    { requeueLost: false, ...engine },
  );
  let short: Grant[] = [];
  await until(
    () => {
      if (!short.every((grant) => bench.engine.reportOf(grant) !== undefined)) return false;
      const processes = new Set(linesOf(bench, 'short')).size;
      if (bench.engine.slotsOffered() > SLOTS && processes === perGroup) return true;
      // Of the same DAG: its process is then ready.
      short = innocents(bench, 'short', { count: 100, ms: 0 });
      bench.engine.enqueue(...short);
      return false;
    },
    { what: 'a worker that takes tasks ahead' },
  );
  return bench;
}

/** By default enough to fill every slot for a moment. */
function innocents(
  bench: Bench,
  name: string,
  { count = SLOTS, ms = 100 }: { readonly count?: number; readonly ms?: number } = {},
): Grant[] {
  const params = { marker: bench.worker.scratch.path(name), ms };
  return Array.from({ length: count }, () => grantOf('rogue.innocent', { params }));
}

const reportOf = ({ engine }: Bench, grant: Grant) =>
  until(() => engine.reportOf(grant), { what: `the report of ${grant.taskId}` });

/** The process of each run that has left a mark there. */
const linesOf = ({ worker }: Bench, name: string): string[] =>
  (worker.scratch.read(name) ?? '').split('\n').slice(0, -1);

const runsOf = (bench: Bench, name: string): number => linesOf(bench, name).length;

describe('a task that was handed to its process before there was a slot', () => {
  test('starts when a slot is free, and says when', async () => {
    await using bench = await startBenchAhead();
    const first = innocents(bench, 'first');
    const ahead = innocents(bench, 'ahead');
    bench.engine.enqueue(...first, ...ahead);
    await until(() => runsOf(bench, 'first') === SLOTS);
    expect(runsOf(bench, 'ahead')).toBe(0);
    const ends = await Promise.all(first.map((grant) => reportOf(bench, grant)));
    const starts = await Promise.all(ahead.map((grant) => reportOf(bench, grant)));
    const firstEnd = Math.min(...ends.map(({ endedAt }) => Date.parse(endedAt)));
    for (const { outcome, startedAt } of starts) {
      expect(outcome.kind).toBe('success');
      expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(firstEnd);
    }
    expect(runsOf(bench, 'ahead')).toBe(SLOTS);
  });

  test('has its whole timeout from its start, and is ended by it although it blocks its process', async () => {
    await using bench = await startBenchAhead();
    const marker = bench.worker.scratch.path('pid');
    const looping = grantOf('rogue.loop_at_once', { timeoutMs: 1_500, params: { marker } });
    bench.engine.enqueue(...innocents(bench, 'first'), looping);
    const { outcome, startedAt, endedAt } = await reportOf(bench, looping);
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'TASK_TIMED_OUT' } });
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeGreaterThanOrEqual(1_500);
    expect(isAlive(Number(bench.worker.scratch.read('pid')))).toBe(false);
  });

  test('goes to another process when its own stays busy', async () => {
    await using bench = await startBenchAhead({}, 2);
    const { engine, worker } = bench;
    // In turns to one and the other; the next one waits in the first.
    const first = innocents(bench, 'first', { count: SLOTS - 1, ms: 600_000 });
    const [last] = innocents(bench, 'last', { count: 1 }) as [Grant];
    const [ahead] = innocents(bench, 'ahead', { count: 1, ms: 1 }) as [Grant];
    engine.enqueue(...first, last, ahead);
    expect((await reportOf(bench, ahead)).outcome.kind).toBe('success');
    expect(worker.scratch.read('ahead')).toBe(worker.scratch.read('last'));
  });

  test('that waits and is taken away does not cost its blocked process its life', async () => {
    await using bench = await startBenchAhead({ leaseMs: 600 });
    const { engine, worker } = bench;
    const marker = worker.scratch.path('pid');
    const blocking = grantOf('rogue.block', { params: { marker, ms: 3_000 } });
    const [taken] = innocents(bench, 'ahead', { count: 1 }) as [Grant];
    engine.enqueue(...innocents(bench, 'first', { count: SLOTS - 1 }), blocking, taken);
    await until(() => worker.scratch.read('pid'));
    engine.revoke(taken);
    expect((await reportOf(bench, blocking)).outcome.kind).toBe('success');
    expect(isAlive(Number(worker.scratch.read('pid')))).toBe(true);
    expect(worker.scratch.read('ahead')).toBeUndefined();
  });

  test('is lost with a process that ends before, by no fault of its own, and has not run', async () => {
    await using bench = await startBenchAhead();
    const culprit = grantOf('rogue.exit_later');
    const ahead = innocents(bench, 'ahead', { count: SLOTS / 2 });
    bench.engine.enqueue(...innocents(bench, 'first', { count: SLOTS - 1 }), culprit, ...ahead);
    expect((await reportOf(bench, culprit)).outcome.kind).toBe('failed');
    const outcomes = await Promise.all(ahead.map((grant) => reportOf(bench, grant)));
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(ahead.map(() => 'lost'));
    expect(bench.worker.scratch.read('ahead')).toBeUndefined();
  });

  test('is given up without running when the engine takes it away', async () => {
    await using bench = await startBenchAhead({ leaseMs: 600 });
    const { engine } = bench;
    const first = innocents(bench, 'first', { ms: 600_000 });
    const [taken] = innocents(bench, 'ahead', { count: 1 }) as [Grant];
    engine.enqueue(...first, taken);
    await until(() => runsOf(bench, 'first') === SLOTS);
    const isHeld = (grant: Grant): boolean =>
      engine.heartbeats.at(-1)?.tasks.some(({ token }) => token === grant.token) === true;
    await until(() => isHeld(taken), { what: 'the heartbeat of the try' });
    engine.revoke(taken);
    await until(() => !isHeld(taken), { what: 'the end of the try' });
    expect(first.every(isHeld)).toBe(true);
    expect(bench.worker.scratch.read('ahead')).toBeUndefined();
  });
});
