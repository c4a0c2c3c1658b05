import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { StreamBench } from '../../../test/stream-bench.ts';
import { Database } from '../../store/db.ts';
import { STARTER_LOCK } from '../../store/sweep/start-queued-runs.ts';
import { createRunMaker, type CommittedRun, type RunMaker } from './run-maker.ts';

const byHand = { triggeredBy: 'rest_api', user: null } as const;
/** A loaded machine may take its time. */
const PATIENT = { timeout: 30_000 };

describeWith(['postgres'], 'slots of new runs', () => {
  let bench: StreamBench;
  let maker: RunMaker;
  const committed: CommittedRun[] = [];
  beforeAll(async () => {
    bench = await StreamBench.open();
    maker = bench.maker((run) => committed.push(run));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const slots = async (dagId: string): Promise<(number | null)[]> => {
    const { rows } = await bench.database.query<{ slot: number | null }>(
      'select slot from tidegate.live_run where dag_id = $1 order by run_key',
      [dagId],
    );
    return rows.map((row) => row.slot);
  };

  it('gives a run its slot as it is made, up to the limit; the others queue', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'none' }, maxActiveRuns: 2 });
    for (let run = 0; run < 3; run += 1) await maker.triggerRun(dagId, byHand);
    expect(await slots(dagId)).toEqual([0, 1, null]);
    const started = committed.filter((run) => run.dagId === dagId).map((run) => run.isStarted);
    expect(started).toEqual([true, true, false]);
  });

  it('lets no run pass an older one that queues', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'none' }, maxActiveRuns: 1 });
    const first = await maker.triggerRun(dagId, byHand);
    await maker.triggerRun(dagId, byHand);
    await bench.database.query('delete from tidegate.live_run where run_key = $1', [first.runKey]);
    await maker.triggerRun(dagId, byHand);
    expect(await slots(dagId)).toEqual([null, null]);
  });

  it('lets a run queue that is due later, or whose DAG is paused', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'none' }, maxActiveRuns: 9 });
    const runAfter = new Date(bench.clock.now() + 60_000);
    await maker.triggerRun(dagId, { ...byHand, runAfter });
    await bench.pause(dagId, true);
    await maker.triggerRun(dagId, byHand);
    expect(await slots(dagId)).toEqual([null, null]);
  });

  it('lets a run queue while the starter gives out slots, without waiting for it', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'none' } });
    await bench.database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [STARTER_LOCK]);
      await maker.triggerRun(dagId, byHand);
    });
    expect(await slots(dagId)).toEqual([null]);
  });

  it('gives no slot twice, whatever the number of schedulers', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'none' }, maxActiveRuns: 12 });
    const makers = Array.from({ length: 4 }, () => bench.maker(() => undefined));
    await Promise.all(
      Array.from({ length: 20 }, (_, run) => makers[run % 4]!.triggerRun(dagId, byHand)),
    );
    const given = (await slots(dagId)).filter((slot) => slot !== null);
    expect(new Set(given).size).toBe(given.length);
    expect(await slots(dagId)).toHaveLength(20);
  });

  it('leaves nothing behind where the run exists: asked for by several at once, one range is pinned', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: { kind: 'none' }, source: { topic } });
    await bench.produce(topic, 10);
    const makers = Array.from({ length: 4 }, () => bench.maker(() => undefined));
    const asked = makers.map((one) => one.triggerRun(dagId, { ...byHand, runId: 'the_one' }));
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.runKey)).size).toBe(1);
    expect(await bench.coverage(dagId)).toEqual(new Map([[0, { from: 0, to: 10 }]]));
    expect(await slots(dagId)).toEqual([0]);
  });

  it('leaves no connection open when its database is closed, though it is not', async () => {
    const dagId = await bench.dag({ schedule: { kind: 'none' } });
    const { topicLog, clock } = bench;
    const database = new Database({ url: bench.database.url });
    const open = async (): Promise<number> => {
      const { rows } = await bench.database.query<{ open: number }>(
        `select count(*)::int as open from pg_stat_activity
          where datname = current_database() and application_name = 'tidegate flush'`,
      );
      return rows[0]?.open ?? 0;
    };
    const before = await open();
    await createRunMaker({ database, topicLog, clock }).triggerRun(dagId, byHand);
    expect(await open()).toBe(before + 1);
    await database.close();
    await expect.poll(open, PATIENT).toBe(before);
  });

  it('remembers the last record of what follows closely, a second later', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ schedule: { kind: 'none' }, source: { topic } });
    const remembered = async (): Promise<number | null> => {
      const { rows } = await bench.database.query<{ fingerprint_offset: number | null }>(
        'select fingerprint_offset from tidegate.stream_cursor where dag_id = $1',
        [dagId],
      );
      return rows[0]?.fingerprint_offset ?? null;
    };
    await bench.produce(topic, 5);
    await maker.triggerRun(dagId, byHand);
    await expect.poll(remembered, PATIENT).toBe(4);
    await bench.produce(topic, 5);
    await maker.triggerRun(dagId, byHand);
    bench.clock.pass(1_000);
    await expect.poll(remembered, PATIENT).toBe(9);
  });
});
