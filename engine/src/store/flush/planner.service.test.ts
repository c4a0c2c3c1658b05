import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../../test/engine/metadata-database.ts';
import { explainedFlush } from '../../../test/engine/explained-flush.ts';
import { sampleDag } from '../../../test/engine/sample-dags.ts';
import type { FlushBatch } from '../../state/flush-batch.ts';
import type { Database } from '../db.ts';
import { insertRuns } from '../insert-run.ts';
import { registerDags } from '../register-dags.ts';
import { FlushConnection } from './flush-connection.ts';
import { runFlush } from '../../../test/engine/run-flush.ts';
import type { FlushDone } from './run-flush.ts';
import { RunInfoCache } from './run-info.ts';

const RUNS = 40;

describeWith(['postgres'], 'plans of a flush', () => {
  let own: MetadataDatabase;
  let database: Database;
  const plans: string[] = [];

  beforeAll(async () => {
    own = await createMetadataDatabase('plans');
    database = own.database;
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  it('go by key for every statement, on empty tables and after statistics were taken', async () => {
    const connection = explainedFlush(own.url, plans);
    const cache = new RunInfoCache(database);
    const runs = await createRuns();
    await cache.load(runs);
    const flush = (part: Partial<FlushBatch>): Promise<FlushDone> =>
      runFlush(connection, { ...NOTHING, nowMs: Date.now(), ...part }, cache);
    const demands = [{ sessionKey: 1, queues: new Set(['default']), slots: 2 }];
    for (const [place, runKey] of runs.entries()) {
      // Past the sixth execution, when a named statement's plan is fixed for good.
      if (place === RUNS / 2) await database.query('analyze');
      let done = await flush({ begins: [runKey], demands });
      for (let hop = 0; hop < 2; hop += 1) {
        const reports = done.writes.grants.map(({ task }) => ({
          ...task,
          outcome: { kind: 'success', output: hop } as const,
          startMs: null,
          endMs: Date.now(),
        }));
        done = await flush({ reports, demands });
      }
      expect(done.ended).toEqual([runKey]);
    }
    await connection.drop();
    expect(plans.length).toBeGreaterThan(RUNS * 15);
    const bad = plans.filter((plan) => /Seq Scan|Hash Join|Merge Join|JIT/.test(plan));
    expect(bad).toEqual([]);
    // Only the end of a run looks at states, of that run alone.
    const filtered = plans.filter(
      (plan) => /Rows Removed by (?:Join )?Filter/.test(plan) && !plan.includes('with ended as'),
    );
    expect(filtered).toEqual([]);
  });

  it('are taken over two partitions when the runs of one flush lie in both', async () => {
    await database.query("select setval('tidegate.dag_run_run_key_seq', $1)", [
      1_000_000 - RUNS / 2,
    ]);
    const connection = new FlushConnection(own);
    const cache = new RunInfoCache(database);
    const runs = await createRuns('late');
    expect(Math.min(...runs)).toBeLessThan(1_000_000);
    expect(Math.max(...runs)).toBeGreaterThan(1_000_000);
    await cache.load(runs);
    const demands = [{ sessionKey: 1, queues: new Set(['default']), slots: RUNS }];
    let done = await runFlush(
      connection,
      { ...NOTHING, nowMs: Date.now(), begins: runs, demands },
      cache,
    );
    for (let hop = 0; hop < 2; hop += 1) {
      expect(done.writes.grants).toHaveLength(RUNS);
      const reports = done.writes.grants.map(({ task }) => ({
        ...task,
        outcome: { kind: 'success', output: hop } as const,
        startMs: null,
        endMs: Date.now(),
      }));
      done = await runFlush(connection, { ...NOTHING, nowMs: Date.now(), reports, demands }, cache);
    }
    await connection.drop();
    expect(done.ended.toSorted((a, b) => a - b)).toEqual(runs.toSorted((a, b) => a - b));
    const { rows } = await database.query<{ tries: number }>(
      `select count(*)::int as tries from tidegate.task_try where run_key = any ($1) and state = 'success'`,
      [runs],
    );
    expect(rows[0]?.tries).toBe(RUNS * 2);
  });

  async function createRuns(prefix = 'r'): Promise<number[]> {
    const dag = sampleDag('planned', { a: {}, b: { upstream: ['a'], input: { it: 'a' } } });
    const bundle = { hash: 'h', exportName: 'dag' };
    await registerDags(database, {
      file: 'dag.ts',
      dags: [{ serialized: dag, bundle, source: '' }],
      error: null,
    });
    const { rows } = await database.query<{ key: number }>(
      'select version_key as key from tidegate.dag',
    );
    const keys = await database.transaction((tx) =>
      insertRuns(
        tx,
        Array.from({ length: RUNS }, (_, place) => ({
          dagId: dag.id,
          runId: `${prefix}${place}`,
          versionKey: rows[0]?.key ?? 0,
          runType: 'manual' as const,
          lane: 'live' as const,
          scope: dag.id,
          logicalDate: null,
          dataIntervalStart: null,
          dataIntervalEnd: null,
          runAfter: new Date(),
          conf: {},
          triggeredBy: 'test',
          triggeringUser: null,
          backfillId: null,
          queuedAt: new Date(),
        })),
      ),
    );
    return keys.filter((key) => key !== null);
  }
});

const NOTHING: FlushBatch = {
  nowMs: 0,
  reports: [],
  wakes: [],
  begins: [],
  demands: [],
  candidates: [],
  queuesRest: false,
};
