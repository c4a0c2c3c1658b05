import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { StreamBench } from '../../../test/stream-bench.ts';
import type { Json } from '../../platform/json.ts';
import { RUN_ERRORS } from './errors.ts';
import type { RunMaker } from './run-maker.ts';

/** A loaded machine may take its time. */
const PATIENT = { timeout: 20_000 };

/** Takes these params and no others. */
function strict(properties: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    required: [],
    additionalProperties: false,
  };
}

describeWith(['postgres'], 'runs by hand', () => {
  let bench: StreamBench;
  let maker: RunMaker;
  beforeAll(async () => {
    bench = await StreamBench.open();
    maker = bench.maker();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const by = { triggeredBy: 'rest_api', user: 'ann' } as const;
  const byHand = { schedule: { kind: 'none' } } as const;

  it('takes the next live range, the rest of a large one included', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ ...byHand, source: { topic, maxRecords: 10 } });
    await bench.produce(topic, 15);
    const run = await maker.triggerRun(dagId, by);
    expect(run).toMatchObject({ lane: 'live', created: true, records: 10 });
    await bench.endRuns(dagId);
    maker.runEnded(dagId);
    await expect.poll(async () => (await bench.runs(dagId)).length, PATIENT).toBe(2);
    expect(await bench.coverage(dagId)).toEqual(new Map([[0, { from: 0, to: 15 }]]));
  });

  it('is made even when there is nothing to read', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ ...byHand, source: { topic } });
    expect(await maker.triggerRun(dagId, by)).toMatchObject({ created: true, records: 0 });
    expect(await bench.ranges(dagId)).toEqual([]);
  });

  it('replays offsets or times in the backfill lane, the cursor untouched', async () => {
    const topic = await bench.topic(2);
    const dagId = await bench.dag({ ...byHand, source: { topic } });
    await bench.produce(topic, 10, 0);
    const from = new Date(bench.clock.now() + 1_000);
    bench.clock.pass(1_000);
    await bench.produce(topic, 6, 0);
    await bench.produce(topic, 4, 1);
    await maker.triggerRun(dagId, by);
    const ranges = [{ partition: 0, from: 2, to: 5 }];
    const exact = await maker.triggerRun(dagId, { ...by, replay: { kind: 'offsets', ranges } });
    const timed = await maker.triggerRun(dagId, { ...by, replay: { kind: 'times', from } });
    expect(exact).toMatchObject({ lane: 'backfill', records: 3 });
    expect(timed).toMatchObject({ lane: 'backfill', records: 10 });
    const replayed = (await bench.ranges(dagId)).filter((range) => !range.is_live);
    expect(replayed).toMatchObject([
      { run_key: exact.runKey, from_offset: 2, to_offset: 5 },
      { run_key: timed.runKey, partition: 0, from_offset: 10, to_offset: 16 },
      { run_key: timed.runKey, partition: 1, from_offset: 0, to_offset: 4 },
    ]);
    await bench.produce(topic, 1, 0);
    expect(await maker.triggerRun(dagId, by)).toMatchObject({ lane: 'live', records: 1 });
    expect((await bench.coverage(dagId)).get(0)).toEqual({ from: 0, to: 17 });
  });

  it('replays beside a failed range that blocks the stream', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ ...byHand, source: { topic } });
    await bench.produce(topic, 10);
    await maker.triggerRun(dagId, by);
    await bench.endRuns(dagId, 'failed');
    await expect(maker.triggerRun(dagId, by)).rejects.toMatchObject({
      code: RUN_ERRORS.streamBlocked,
    });
    const ranges = [{ partition: 0, from: 0, to: 10 }];
    await maker.triggerRun(dagId, { ...by, replay: { kind: 'offsets', ranges } });
  });

  it.each([
    ['a partition it does not have', [{ partition: 7, from: 0, to: 1 }], /no partition 7/],
    ['offsets beyond the end', [{ partition: 0, from: 0, to: 9 }], /holds offsets 0 to 5/],
    ['an end before its start', [{ partition: 0, from: 4, to: 2 }], /does not lie within/],
    ['nothing', [], /at least one/],
  ])('refuses a replay of %s', async (_, ranges, message) => {
    const topic = await bench.topic();
    await bench.produce(topic, 5);
    const dagId = await bench.dag({ ...byHand, source: { topic } });
    const trigger = maker.triggerRun(dagId, { ...by, replay: { kind: 'offsets', ranges } });
    await expect(trigger).rejects.toMatchObject({
      code: RUN_ERRORS.triggerInvalid,
      message: expect.stringMatching(message) as string,
    });
    expect(await bench.runs(dagId)).toEqual([]);
  });

  it('answers the same request with the run it made, and another one under its id with a refusal', async () => {
    const dagId = await bench.dag(byHand);
    const request = { ...by, runId: 'nightly', conf: { day: '2026-03-01' } };
    const answers = await Promise.all([1, 2, 3, 4].map(() => maker.triggerRun(dagId, request)));
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.runKey)).size).toBe(1);
    await expect(maker.triggerRun(dagId, { ...request, conf: {} })).rejects.toMatchObject({
      code: RUN_ERRORS.runExists,
    });
    expect(await bench.runs(dagId)).toHaveLength(1);
  });

  it('infers the interval of a logical date, and refuses a date that has a run', async () => {
    const dagId = await bench.dag();
    const logicalDate = new Date(bench.clock.now());
    await maker.triggerRun(dagId, { ...by, logicalDate });
    const [run] = await bench.runs(dagId);
    expect(run).toMatchObject({
      logical_date: logicalDate,
      data_interval_start: new Date(logicalDate.getTime() - 5_000),
      data_interval_end: logicalDate,
    });
    await expect(maker.triggerRun(dagId, { ...by, logicalDate })).rejects.toMatchObject({
      code: RUN_ERRORS.runExists,
      message: expect.stringContaining('has this logical date') as string,
    });
  });

  it('holds params to their schema, naming every fault', async () => {
    const paramsSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { day: { type: 'string' }, size: { type: 'integer', default: 5 } },
      required: ['day', 'size'],
      additionalProperties: false,
    };
    const dagId = await bench.dag({ ...byHand, paramsSchema });
    await maker.triggerRun(dagId, { ...by, conf: { day: 'monday' } });
    await expect(maker.triggerRun(dagId, { ...by, conf: { size: 'large' } })).rejects.toMatchObject(
      {
        code: RUN_ERRORS.paramsInvalid,
        message: expect.stringMatching(/'day'.*size must be integer/) as string,
      },
    );
  });

  it('goes by the newest version, whichever it went by before', async () => {
    const id = await bench.dag({ ...byHand, paramsSchema: strict({ day: { type: 'string' } }) });
    await maker.triggerRun(id, { ...by, conf: { day: 'monday' } });
    await bench.dag({ ...byHand, id, paramsSchema: strict({ size: { type: 'integer' } }) });
    await maker.triggerRun(id, { ...by, conf: { size: 5 } });
    await bench.dag({ ...byHand, id, paramsSchema: strict({ place: { type: 'string' } }) });
    await expect(maker.triggerRun(id, { ...by, conf: { size: 5 } })).rejects.toMatchObject({
      code: RUN_ERRORS.paramsInvalid,
    });
    await bench.database.query('update tidegate.dag set is_stale = true where dag_id = $1', [id]);
    await expect(maker.triggerRun(id, { ...by, conf: { place: 'x' } })).rejects.toMatchObject({
      code: RUN_ERRORS.dagUnknown,
    });
    expect(await bench.runs(id)).toHaveLength(2);
  });

  it('refuses unknown DAGs, run ids with spaces and a conf that is no object', async () => {
    const dagId = await bench.dag(byHand);
    await expect(maker.triggerRun('nobody', by)).rejects.toMatchObject({
      code: RUN_ERRORS.dagUnknown,
    });
    const invalid = { code: RUN_ERRORS.triggerInvalid };
    await expect(maker.triggerRun(dagId, { ...by, runId: 'a b' })).rejects.toMatchObject(invalid);
    await expect(maker.triggerRun(dagId, { ...by, conf: [1] })).rejects.toMatchObject(invalid);
  });
});
