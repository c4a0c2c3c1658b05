import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { StreamBench } from '../../../test/stream-bench.ts';
import type { RunMaker } from './run-maker.ts';

/** A loaded machine may take its time. */
const PATIENT = { timeout: 20_000 };

const onRecords = { kind: 'on_records', withinMs: 500, upTo: 100 } as const;

describeWith(['postgres'], 'runs of records', () => {
  let bench: StreamBench;
  let maker: RunMaker;
  const made = new Set<string>();
  beforeAll(async () => {
    bench = await StreamBench.open();
    maker = bench.maker(({ dagId }) => made.add(dagId));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const count = async (dagId: string): Promise<number> => (await bench.runs(dagId)).length;

  it('makes a run at once when records come and no run is active', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: onRecords, source: { topic } });
    await maker.sweep();
    for (let round = 0; round < 20; round += 1) {
      made.delete(dagId);
      await bench.produce(topic, 3);
      await expect.poll(() => made.has(dagId), { ...PATIENT, interval: 1 }).toBe(true);
      await bench.endRuns(dagId);
      maker.runEnded(dagId);
    }
    const runs = await bench.runs(dagId);
    expect(runs[0]).toMatchObject({ logical_date: null, run_type: 'scheduled', lane: 'live' });
    for (const [place, run] of runs.entries()) {
      const before = runs[place - 1];
      if (before !== undefined) expect(run.data_interval_start).toEqual(before.data_interval_end);
    }
    expect(await bench.coverage(dagId)).toEqual(new Map([[0, { from: 0, to: 60 }]]));
  });

  it('lets records gather while a run is active and makes the next when it ends', async () => {
    const topic = await bench.topic(2);
    const dagId = await bench.dag({ schedule: onRecords, source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 2);
    await expect.poll(() => count(dagId), PATIENT).toBe(1);
    await bench.produce(topic, 500, 0);
    await bench.produce(topic, 7, 1);
    await maker.sweep();
    expect(await count(dagId)).toBe(1);
    await bench.endRuns(dagId);
    const { rows } = await bench.database.query<{ run_key: number }>(
      'select max(run_key) as run_key from tidegate.dag_run where dag_id = $1',
      [dagId],
    );
    maker.runsEnded([rows[0]!.run_key]);
    await expect.poll(() => count(dagId), PATIENT).toBe(2);
    expect(await bench.coverage(dagId)).toEqual(
      new Map([
        [0, { from: 0, to: 502 }],
        [1, { from: 0, to: 7 }],
      ]),
    );
  });

  it('waits no longer than `within` beside an active run, where two may be active', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: onRecords, source: { topic }, maxActiveRuns: 2 });
    await maker.sweep();
    await bench.produce(topic, 1);
    await expect.poll(() => count(dagId), PATIENT).toBe(1);
    await bench.produce(topic, 1);
    await maker.sweep();
    bench.clock.pass(499);
    await maker.sweep();
    expect(await count(dagId)).toBe(1);
    bench.clock.pass(1);
    await expect.poll(() => count(dagId), PATIENT).toBe(2);
  });

  it('ends the wait early once `upTo` records have gathered', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: onRecords, source: { topic }, maxActiveRuns: 2 });
    await maker.sweep();
    await bench.produce(topic, 1);
    await expect.poll(() => count(dagId), PATIENT).toBe(1);
    await bench.produce(topic, 99);
    await maker.sweep();
    expect(await count(dagId)).toBe(1);
    await bench.produce(topic, 1);
    await expect.poll(() => count(dagId), PATIENT).toBe(2);
  });

  it('waits with one timer, however many runs follow each other', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: onRecords, source: { topic }, maxActiveRuns: 2 });
    const pending: number[] = [];
    for (let round = 1; round <= 6; round += 1) {
      await bench.produce(topic, 1);
      await maker.sweep();
      expect(await count(dagId)).toBe(round);
      await bench.produce(topic, 1);
      await maker.sweep();
      pending.push(bench.clock.pending);
      await bench.endRuns(dagId);
    }
    expect(pending.at(-1)).toBe(pending[1]);
  });

  it('hears nothing while paused and reads it all once it is unpaused', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: onRecords, source: { topic } });
    await bench.pause(dagId, true);
    await maker.sweep();
    await bench.produce(topic, 5);
    await maker.sweep();
    expect(await count(dagId)).toBe(0);
    await bench.pause(dagId, false);
    maker.dagsChanged();
    await expect.poll(() => count(dagId), PATIENT).toBe(1);
  });

  it('follows a new version of the DAG', async () => {
    const topic = await bench.topic();
    const id = await bench.dag({ schedule: onRecords, source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 5);
    await expect.poll(() => count(id), PATIENT).toBe(1);
    await bench.endRuns(id);
    maker.runEnded(id);
    await bench.dag({ id, schedule: onRecords, source: { topic, maxRecords: 2 } });
    await bench.produce(topic, 4);
    await expect.poll(() => count(id), PATIENT).toBe(2);
    expect(await bench.ranges(id)).toMatchObject([{ to_offset: 5 }, { to_offset: 7 }]);
  });

  it('mirrors how far it is loaded, stopping at the lowest hole', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({
      schedule: onRecords,
      source: { topic, onFailedRange: 'continue' },
    });
    await maker.sweep();
    const done = async (): Promise<number | undefined> => {
      bench.clock.pass(1_000);
      const { rows } = await bench.database.query<{ done_offset: number }>(
        'select done_offset from tidegate.stream_cursor where dag_id = $1',
        [dagId],
      );
      return rows[0]?.done_offset;
    };
    for (const [place, state] of (['success', 'failed', 'success'] as const).entries()) {
      await bench.produce(topic, 10);
      await expect.poll(() => count(dagId), PATIENT).toBe(place + 1);
      await bench.endRuns(dagId, state);
      maker.runEnded(dagId);
    }
    await expect.poll(done, PATIENT).toBe(10);
  });
});
