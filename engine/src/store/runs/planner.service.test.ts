import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../../test/engine/metadata-database.ts';
import { explainedFlush } from '../../../test/engine/explained-flush.ts';
import { sampleDag } from '../../../test/engine/sample-dags.ts';
import type { Database } from '../db.ts';
import type { FlushConnection } from '../flush/flush-connection.ts';
import { registerDags } from '../register-dags.ts';
import { createLiveRun } from './create-live-run.ts';
import { lockDagStream } from './lock-dag-stream.ts';
import { passStream } from './pass-stream.ts';

const RUNS = 40;
const STREAM = { dagId: 'planned', topic: 'records' };

describeWith(['postgres'], 'plans of the making of runs', () => {
  let own: MetadataDatabase;
  let database: Database;
  const plans: string[] = [];

  beforeAll(async () => {
    own = await createMetadataDatabase('run_plans');
    database = own.database;
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  it('go by key for every statement, on empty tables and after statistics were taken', async () => {
    const connection = explainedFlush(own.url, plans);
    await register();
    await connection.open();
    for (let place = 0; place < RUNS; place += 1) {
      // Past the sixth execution, when a named statement's plan is fixed for good.
      if (place === RUNS / 2) await database.query('analyze');
      expect(await make(connection, place)).not.toBeNull();
      await pass(connection, place);
    }
    await connection.drop();
    const cursor = 'select next_offset as next from tidegate.stream_cursor';
    expect((await database.query(cursor)).rows).toEqual([{ next: RUNS * 10 }]);
    expect(plans.length).toBeGreaterThan(RUNS * 10);
    const bad = plans.filter((plan) =>
      /Seq Scan|Hash Join|Merge Join|JIT|Rows Removed by (?:Join )?Filter/.test(plan),
    );
    expect(bad).toEqual([]);
  });

  async function make(connection: FlushConnection, place: number): Promise<number | null> {
    const at = new Date();
    const { dag, freeSlot } = await lock(connection, at);
    const range = { partition: 0, from: place * 10, to: place * 10 + 10 };
    const cap = dag?.maxActiveRuns ?? 0;
    return createLiveRun(connection, {
      run: {
        ...{ dagId: STREAM.dagId, runId: `r${place}`, versionKey: dag?.versionKey ?? 0 },
        ...{ runType: 'scheduled', lane: 'live', scope: STREAM.dagId, logicalDate: null },
        ...{ dataIntervalStart: null, dataIntervalEnd: null, runAfter: at, conf: {} },
        ...{ triggeredBy: 'test', triggeringUser: null, backfillId: null, queuedAt: at },
      },
      fate: { kind: 'queued', slot: freeSlot, cap },
      topic: STREAM.topic,
      ranges: [range],
      moves: [{ partition: 0, next: range.to, done: range.from, logEnd: range.to }],
      dagMove: { next: null, checkedAt: at, always: false },
      tells: 'queued',
    });
  }

  async function pass(connection: FlushConnection, place: number): Promise<void> {
    const at = new Date();
    await lock(connection, at);
    const next = place * 10 + 10;
    await passStream(connection, {
      ...{ ...STREAM, at, isQuiet: true },
      moves: [{ partition: 0, next, done: next, logEnd: next }],
      dagMove: { next: null, checkedAt: at, always: true },
    });
  }

  function lock(connection: FlushConnection, at: Date): ReturnType<typeof lockDagStream> {
    const how = { skipLocked: false, needsNewest: true };
    return lockDagStream(connection, { ...STREAM, ...how, at });
  }

  async function register(): Promise<void> {
    const dag = sampleDag(STREAM.dagId, { a: {}, b: { upstream: ['a'] } });
    const bundle = { hash: 'h', exportName: 'dag' };
    const dags = [{ serialized: dag, bundle, source: '' }];
    await registerDags(database, { file: 'dag.ts', dags, error: null });
  }
});
