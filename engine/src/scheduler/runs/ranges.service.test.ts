import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import { StreamBench } from '../../../test/stream-bench.ts';
import { saveFingerprint } from '../../store/runs/stream-cursors.ts';
import { RUN_ERRORS } from './errors.ts';
import { readStreamLag } from './stream-lag.ts';
import type { RunMaker } from './run-maker.ts';

/** A loaded machine may take its time. */
const PATIENT = { timeout: 20_000 };

describeWith(['postgres'], 'ranges of live runs', () => {
  let bench: StreamBench;
  let maker: RunMaker;
  beforeAll(async () => {
    bench = await StreamBench.open();
    maker = bench.maker();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const tick = async (): Promise<void> => {
    bench.clock.pass(5_000);
    await maker.sweep();
  };
  const manual = { triggeredBy: 'cli', user: 'ann' } as const;

  it('begins at the log’s start, its end or a time, as the stream says', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, 10);
    bench.clock.pass(1_000);
    const between = new Date(bench.clock.now()).toISOString();
    await bench.produce(topic, 5);
    const earliest = await bench.dag({ source: { topic } });
    const latest = await bench.dag({ source: { topic, startAt: 'latest' } });
    const since = await bench.dag({ source: { topic, startAt: between } });
    await maker.sweep();
    await tick();
    await bench.produce(topic, 2);
    await tick();
    expect(await bench.ranges(earliest)).toMatchObject([{ from_offset: 0, to_offset: 15 }]);
    expect(await bench.ranges(latest)).toMatchObject([{ from_offset: 15, to_offset: 17 }]);
    expect(await bench.ranges(since)).toMatchObject([{ from_offset: 10, to_offset: 15 }]);
  });

  it('reads what came while it was paused, in one range, with catch-up off', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 3);
    await tick();
    await bench.endRuns(dagId);
    await bench.pause(dagId, true);
    for (let round = 0; round < 4; round += 1) {
      await bench.produce(topic, 5);
      await tick();
    }
    await bench.pause(dagId, false);
    await tick();
    expect(await bench.ranges(dagId)).toMatchObject([
      { from_offset: 0, to_offset: 3 },
      { from_offset: 3, to_offset: 23 },
    ]);
  });

  it('starts a new partition at its start', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic, startAt: 'latest' }, maxActiveRuns: 9 });
    await bench.produce(topic, 3);
    await maker.sweep();
    await tick();
    await bench.topicLog.addPartitions(topic, 2);
    await bench.produce(topic, 4, 1);
    await tick();
    expect(await bench.ranges(dagId)).toMatchObject([
      { partition: 1, from_offset: 0, to_offset: 4 },
    ]);
  });

  it('makes the rest of a large range further runs at once, as active runs allow', async () => {
    const topic = await bench.topic(2);
    const dagId = await bench.dag({ source: { topic, maxRecords: 100 } });
    await maker.sweep();
    await bench.produce(topic, 230, 0);
    await bench.produce(topic, 20, 1);
    await tick();
    expect(await bench.ranges(dagId)).toMatchObject([{ to_offset: 80 }, { to_offset: 20 }]);
    // Came after the tick: it waits for the next one.
    await bench.produce(topic, 7, 1);
    for (const expected of [2, 3]) {
      await bench.endRuns(dagId);
      maker.runEnded(dagId);
      await expect.poll(async () => (await bench.runs(dagId)).length, PATIENT).toBe(expected);
    }
    await bench.endRuns(dagId);
    maker.runEnded(dagId);
    await maker.sweep();
    const runs = await bench.runs(dagId);
    expect(runs).toHaveLength(3);
    expect(runs[1]!.run_id).toBe(`${runs[0]!.run_id}~100`);
    expect(runs[1]!.data_interval_end).toEqual(runs[0]!.data_interval_end);
    expect(runs[1]!.logical_date).toBeNull();
    const coverage = await bench.coverage(dagId);
    expect(coverage).toEqual(
      new Map([
        [0, { from: 0, to: 230 }],
        [1, { from: 0, to: 20 }],
      ]),
    );
  });

  it('blocks a stream behind its failed range until that run is dealt with', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 5);
    await tick();
    await bench.endRuns(dagId, 'failed');
    await bench.produce(topic, 5);
    await tick();
    await tick();
    expect(await bench.runs(dagId)).toHaveLength(1);
    await expect(maker.triggerRun(dagId, manual)).rejects.toMatchObject({
      code: RUN_ERRORS.streamBlocked,
    });
    const [lag] = await readStreamLag(reader(), { now: new Date(bench.clock.now()), dagId });
    expect(lag?.partitions).toMatchObject([{ cursor: 5, done: 0, logEnd: 10, recordsBehind: 10 }]);
    const [failed] = await bench.runs(dagId);
    await bench.mark(failed!.run_key, 'success');
    await maker.sweep();
    expect(await bench.ranges(dagId)).toMatchObject([{ to_offset: 5 }, { to_offset: 10 }]);
  });

  it('goes on past a failed range where the stream says so, and the hole stays visible', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic, onFailedRange: 'continue' } });
    await maker.sweep();
    await bench.produce(topic, 5);
    await tick();
    await bench.endRuns(dagId, 'failed');
    await bench.produce(topic, 5);
    await tick();
    await bench.endRuns(dagId);
    expect(await bench.ranges(dagId)).toMatchObject([{ to_offset: 5 }, { to_offset: 10 }]);
    bench.clock.pass(10_000);
    const now = new Date(bench.clock.now());
    const [lag] = await readStreamLag(reader(), { now, dagId });
    expect(lag?.partitions).toMatchObject([
      { cursor: 10, done: 0, recordsBehind: 10, secondsBehind: 20 },
    ]);
    await bench.mark((await bench.runs(dagId))[0]!.run_key, 'success');
    const [mended] = await readStreamLag(reader(), { now, dagId });
    expect(mended?.partitions).toMatchObject([{ done: 10, recordsBehind: 0, secondsBehind: 0 }]);
  });

  it('fails by name when retention passed the cursor, owning what is gone, and stands', async () => {
    const topic = await bench.topic(2);
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 50, 0);
    await bench.produce(topic, 50, 1);
    await tick();
    await bench.endRuns(dagId);
    await bench.produce(topic, 50, 0);
    await bench.produce(topic, 50, 1);
    await bench.topicLog.deleteRecordsBefore(topic, new Map([[1, 70]]));
    await tick();
    await tick();
    const [, lost, ...more] = await bench.runs(dagId);
    expect(more).toEqual([]);
    expect(lost).toMatchObject({ state: 'failed', reason: 'RANGE_LOST' });
    expect(lost!.note).toContain('offsets 50 to 69 of partition 1');
    const own = (await bench.ranges(dagId)).filter((range) => range.run_key === lost!.run_key);
    expect(own).toMatchObject([{ partition: 1, from_offset: 50, to_offset: 70 }]);
    await bench.mark(lost!.run_key, 'success');
    await maker.sweep();
    expect(await bench.coverage(dagId)).toEqual(
      new Map([
        [0, { from: 0, to: 100 }],
        [1, { from: 0, to: 100 }],
      ]),
    );
  });

  it('fails by name when the topic was re-created with fewer records, and reads on after a reset', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic, onFailedRange: 'continue' } });
    await maker.sweep();
    await bench.produce(topic, 50);
    await tick();
    await bench.endRuns(dagId);
    await bench.topicLog.deleteTopic(topic);
    await bench.topicLog.ensureTopic(topic, { partitions: 1 });
    await bench.produce(topic, 20);
    await tick();
    await tick();
    const runs = await bench.runs(dagId);
    expect(runs).toHaveLength(2);
    expect(runs[1]).toMatchObject({ state: 'failed', reason: 'TOPIC_RECREATED' });
    expect(runs[1]!.note).toContain('ends at 20, before the cursor at 50');
    await maker.resetStream(dagId);
    await tick();
    const live = async () => (await bench.ranges(dagId)).filter((range) => range.is_live);
    await expect.poll(live, PATIENT).toMatchObject([{ from_offset: 0, to_offset: 20 }]);
  });

  it('notices a re-created topic that has grown past the cursor', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 50);
    await tick();
    await bench.endRuns(dagId);
    await expect.poll(() => fingerprintOffset(dagId), PATIENT).toBe(49);
    await bench.topicLog.deleteTopic(topic);
    await bench.topicLog.ensureTopic(topic, { partitions: 1 });
    await bench.produce(topic, 80);
    await tick();
    const runs = await bench.runs(dagId);
    expect(runs[1]).toMatchObject({ state: 'failed', reason: 'TOPIC_RECREATED' });
    expect(runs[1]!.note).toContain('the record at offset 49 of partition 0 is another one');
  });

  it('remembers a record although the cursor moved on, the latest one, and none of a stream that was reset', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 50);
    await tick();
    await expect.poll(() => fingerprintOffset(dagId), PATIENT).toBe(49);
    const at = { dagId, topic, partition: 0 };
    await moveCursor(dagId, 90);
    const planned = (offset: number) => ({
      next: offset + 1,
      fingerprint: { offset, timestamp: 0, crc: 0 },
    });
    // Runs that follow each other by milliseconds move the cursor before what the first read is remembered.
    expect(await saveFingerprint(bench.database, at, planned(69))).toBe(true);
    expect(await saveFingerprint(bench.database, at, planned(59))).toBe(false);
    expect(await fingerprintOffset(dagId)).toBe(69);
    await moveCursor(dagId, 10);
    expect(await saveFingerprint(bench.database, at, planned(79))).toBe(false);
    expect(await fingerprintOffset(dagId)).toBe(69);
  });

  it('refuses a compacted topic by name unless the stream keeps no history', async () => {
    const topic = await bench.topic();
    const compacted = `${topic}_compacted`;
    await bench.topicLog.ensureTopic(compacted, { partitions: 1, compacted: true });
    await bench.topicLog.produce(compacted, [{ key: Buffer.from('k'), value: Buffer.from('v') }]);
    const refused = await bench.dag({ source: { topic: compacted } });
    const taken = await bench.dag({ source: { topic: compacted, history: false } });
    await maker.sweep();
    await tick();
    await tick();
    expect(await bench.runs(refused)).toMatchObject([
      { state: 'failed', reason: 'TOPIC_COMPACTED' },
    ]);
    expect(await bench.ranges(taken)).toMatchObject([{ from_offset: 0, to_offset: 1 }]);
  });

  it('lets a run wait for a topic that does not exist, and gives it its range once it does', async () => {
    const topic = `${await bench.topic()}_later`;
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await tick();
    await tick();
    const [waiting, ...more] = await bench.runs(dagId);
    expect(more).toEqual([]);
    expect(waiting!.waiting_for).toContain(`topic ${topic}, which does not exist`);
    const [lag] = await readStreamLag(reader(), { now: new Date(bench.clock.now()), dagId });
    expect(lag).toMatchObject({ topicExists: false, partitions: [] });
    await bench.topicLog.ensureTopic(topic, { partitions: 1 });
    await bench.produce(topic, 6);
    await tick();
    expect((await bench.runs(dagId))[0]).toMatchObject({ state: 'queued', waiting_for: null });
    expect(await bench.ranges(dagId)).toMatchObject([
      { run_key: waiting!.run_key, from_offset: 0, to_offset: 6 },
    ]);
  });

  it('leaves no trace of a run whose transaction broke, and makes it the next time', async () => {
    const topic = await bench.topic();
    const dagId = await bench.dag({ source: { topic } });
    await maker.sweep();
    await bench.produce(topic, 9);
    await bench.database.query(`
      create function pg_temp_kill() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger kill_before_commit after insert on tidegate.run_range
        for each row execute function pg_temp_kill()`);
    await tick();
    expect(await bench.runs(dagId)).toEqual([]);
    await bench.database.query('drop trigger kill_before_commit on tidegate.run_range');
    await maker.sweep();
    expect(await bench.runs(dagId)).toHaveLength(1);
    expect(await bench.coverage(dagId)).toEqual(new Map([[0, { from: 0, to: 9 }]]));
  });

  it('has no hole and no overlap over random ticks, pauses, failures and several schedulers', async () => {
    await bench.database.query('update tidegate.dag set is_paused = true');
    const topic = await bench.topic(3);
    const settings = { maxRecords: 40, onFailedRange: 'continue' } as const;
    const dags = await Promise.all([
      bench.dag({ source: { topic, ...settings }, maxActiveRuns: 3 }),
      bench.dag({ source: { topic, ...settings }, catchup: true, maxActiveRuns: 2 }),
      bench.dag({
        source: { topic, ...settings },
        schedule: { kind: 'on_records', withinMs: 1_000, upTo: 30 },
        maxActiveRuns: 2,
      }),
    ]);
    const makers = [maker, bench.maker(), bench.maker()];
    await Promise.all(makers.map((one) => one.start()));
    const chance = (share: number): boolean => Math.random() < share;
    for (let round = 0; round < 150; round += 1) {
      await bench.produce(topic, Math.floor(Math.random() * 60), Math.floor(Math.random() * 3));
      bench.clock.pass(Math.floor(Math.random() * 7_000));
      const dagId = dags[round % dags.length]!;
      if (chance(0.5)) await bench.endRuns(dagId, chance(0.9) ? 'success' : 'failed');
      if (chance(0.1)) await bench.pause(dagId, chance(0.3));
      for (const one of makers) if (chance(0.4)) one.runEnded(dagId);
      if (chance(0.2)) await maker.triggerRun(dagId, manual);
      await Promise.all(makers.filter(() => chance(0.7)).map((one) => one.sweep()));
    }
    for (const dagId of dags) await bench.pause(dagId, false);
    const bounds = await bench.topicLog.bounds(topic);
    const all = new Map(
      [...bounds].map(([partition, { end }]) => [partition, { from: 0, to: end }]),
    );
    await expect
      .poll(
        async () => {
          for (const dagId of dags) await bench.endRuns(dagId);
          bench.clock.pass(5_000);
          await Promise.all(makers.map((one) => one.sweep()));
          return Promise.all(dags.map((dagId) => bench.coverage(dagId)));
        },
        { timeout: 60_000, interval: 1 },
      )
      .toEqual([all, all, all]);
    for (const dagId of dags) {
      const sizes = new Map<number, number>();
      for (const range of await bench.ranges(dagId)) {
        const before = sizes.get(range.run_key) ?? 0;
        sizes.set(range.run_key, before + range.to_offset - range.from_offset);
      }
      expect(Math.max(...sizes.values())).toBeLessThanOrEqual(40);
    }
  }, 90_000);

  function reader() {
    return { sql: bench.database, topicLog: bench.topicLog };
  }

  async function moveCursor(dagId: string, next: number): Promise<void> {
    await bench.database.query(
      'update tidegate.stream_cursor set next_offset = $2 where dag_id = $1',
      [dagId, next],
    );
  }

  async function fingerprintOffset(dagId: string): Promise<number | null | undefined> {
    const { rows } = await bench.database.query<{ fingerprint_offset: number | null }>(
      'select fingerprint_offset from tidegate.stream_cursor where dag_id = $1',
      [dagId],
    );
    return rows[0]?.fingerprint_offset;
  }
});
