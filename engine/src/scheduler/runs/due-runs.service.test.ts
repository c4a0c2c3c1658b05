import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { StreamBench } from '../../../test/stream-bench.ts';
import type { RunMaker } from './run-maker.ts';

/** A loaded machine may take its time. */
const PATIENT = { timeout: 20_000 };

describeWith(['postgres'], 'runs of a timetable', () => {
  let bench: StreamBench;
  let maker: RunMaker;
  beforeAll(async () => {
    bench = await StreamBench.open();
    maker = bench.maker();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  /** The next tick of `every('5s')`. */
  const tick = async (ms = 5_000): Promise<void> => {
    bench.clock.pass(ms);
    await maker.sweep();
  };

  it('makes a run at the end of each interval, named and dated as Airflow does', async () => {
    const dagId = await bench.dag({ maxActiveRuns: 3 });
    await maker.sweep();
    expect(await bench.runs(dagId)).toEqual([]);
    await tick();
    await tick();
    const runs = await bench.runs(dagId);
    expect(runs.map((run) => run.run_id)).toEqual([
      'scheduled__2026-03-01T00:00:05+00:00',
      'scheduled__2026-03-01T00:00:10+00:00',
    ]);
    expect(runs[0]).toMatchObject({
      state: 'queued',
      logical_date: new Date('2026-03-01T00:00:00Z'),
      data_interval_end: new Date('2026-03-01T00:00:05Z'),
    });
  });

  it('waits at the limit of active runs, then makes the newest interval when one ends', async () => {
    const dagId = await bench.dag();
    await maker.sweep();
    await tick();
    await tick(17_000);
    expect(await bench.runs(dagId)).toHaveLength(1);
    await bench.endRuns(dagId);
    maker.runEnded(dagId);
    await expect.poll(async () => (await bench.runs(dagId)).length, PATIENT).toBe(2);
    const [first, second] = await bench.runs(dagId);
    expect(second!.logical_date!.getTime() - first!.logical_date!.getTime()).toBe(15_000);
  });

  it('makes every missed interval in order with catch-up', async () => {
    const startDate = new Date(bench.clock.now() - 60_000).toISOString();
    const dagId = await bench.dag({ catchup: true, maxActiveRuns: 100, startDate });
    await maker.sweep();
    const starts = (await bench.runs(dagId)).map((run) => run.logical_date!.getTime());
    expect(starts).toHaveLength(12);
    expect(new Set(starts.map((start, place) => start - place * 5_000)).size).toBe(1);
  });

  it('makes nothing while the DAG is paused', async () => {
    const dagId = await bench.dag();
    await bench.pause(dagId, true);
    await tick();
    await tick();
    expect(await bench.runs(dagId)).toEqual([]);
    await bench.pause(dagId, false);
    maker.dagsChanged();
    await tick();
    expect(await bench.runs(dagId)).toHaveLength(1);
  });

  it('makes one run a tick whatever the number of schedulers', async () => {
    const dagId = await bench.dag({ maxActiveRuns: 1_000 });
    const others = [bench.maker(), bench.maker(), bench.maker()];
    const makers = [maker, ...others];
    await maker.sweep();
    for (let round = 0; round < 20; round += 1) {
      bench.clock.pass(5_000);
      await Promise.all(makers.map((one) => one.sweep()));
    }
    await Promise.all(others.map((one) => one.close()));
    const runs = await bench.runs(dagId);
    expect(runs).toHaveLength(20);
    expect(new Set(runs.map((run) => run.logical_date!.getTime())).size).toBe(20);
  });

  it('passes over quiet intervals without a run, counting them, and a record ends the quiet', async () => {
    const topic = await bench.topic(2);
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await tick();
    await tick();
    await tick();
    expect(await bench.runs(dagId)).toEqual([]);
    expect(await bench.column<number>(dagId, 'quiet_ticks')).toBe(3);
    expect(await bench.column<Date>(dagId, 'checked_at')).toEqual(new Date(bench.clock.now()));
    await bench.produce(topic, 4, 1);
    await tick();
    expect(await bench.ranges(dagId)).toMatchObject([
      { partition: 1, from_offset: 0, to_offset: 4 },
    ]);
  });

  it('makes empty runs where the stream asks for them', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic, emptyRuns: true } });
    await maker.sweep();
    await tick();
    expect(await bench.runs(dagId)).toHaveLength(1);
    expect(await bench.ranges(dagId)).toEqual([]);
  });

  it('makes a once run once', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'once' } });
    await tick();
    await bench.endRuns(dagId);
    await tick();
    await tick();
    expect(await bench.runs(dagId)).toHaveLength(1);
  });

  it('fires by its own timer, without a sweep', async () => {
    const dagId = await bench.dag({ maxActiveRuns: 9 });
    await maker.sweep();
    bench.clock.pass(5_000);
    await expect.poll(async () => (await bench.runs(dagId)).length, PATIENT).toBe(1);
    await maker.sweep();
    bench.clock.pass(5_000);
    await expect.poll(async () => (await bench.runs(dagId)).length, PATIENT).toBe(2);
  });
});
