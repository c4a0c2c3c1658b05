import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { mostRowsRemoved } from '../../../../test/services/plan-text.ts';
import { describeWith } from '../../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../../test/engine/metadata-database.ts';
import { EXPLAIN } from '../../../test/engine/explained-flush.ts';
import { chainOf, sampleDag } from '../../../test/engine/sample-dags.ts';
import type { Database, Sql } from '../db.ts';
import { pgTypes } from '../pg-types.ts';
import { registerDags } from '../register-dags.ts';
import { listChangedRuns, listDeltas } from './change-feed.ts';
import { listDagCards } from './list-dag-cards.ts';
import { listRuns } from './list-runs.ts';
import { listTaskInstances, listTaskInstancesOfRuns } from './list-task-instances.ts';
import { listTriesOfRun } from './list-tries.ts';
import { readGrid } from './read-grid.ts';
import { readHome } from './read-home.ts';
import { selectTasks } from './select-tasks.ts';

const RUNS = 3_000;
const TASKS = 4;
const PAGE = { limit: 25, offset: 0 };

/** Rows one step may read through or throw away; the history has 3,000 runs and 12,000 task instances. */
const MOST_LOOKED_AT = 200;

describeWith(['postgres'], 'plans of the reads', () => {
  let own: MetadataDatabase;
  let database: Database;
  let client: pg.Client;
  let plans: string[] = [];

  beforeAll(async () => {
    own = await createMetadataDatabase('reads');
    database = own.database;
    for (const id of ['big', 'other']) await register(id);
    await writeHistory();
    client = new pg.Client({ connectionString: own.url, options: EXPLAIN, types: pgTypes });
    client.on('notice', ({ message }) => plans.push(message ?? ''));
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await own[Symbol.asyncDispose]();
  });

  const reads: readonly [name: string, statements: number, read: (sql: Sql) => Promise<unknown>][] =
    [
      ['the grid', 1, (sql) => readGrid(sql, { dagId: 'big', limit: 25 })],
      [
        'an older page of the grid',
        1,
        (sql) => readGrid(sql, { dagId: 'big', limit: 25, before: 500 }),
      ],
      ['the DAG list', 1, (sql) => listDagCards(sql, { ...PAGE, runs: 30 })],
      ['the runs of all DAGs', 2, (sql) => listRuns(sql, PAGE)],
      ['the runs of a DAG', 2, (sql) => listRuns(sql, { ...PAGE, dagIds: ['big'] })],
      ['runs that are not over', 2, (sql) => listRuns(sql, { ...PAGE, states: ['running'] })],
      ['the task instances of a run', 1, (sql) => listTaskInstances(sql, 100)],
      ['the tries of a run', 1, (sql) => listTriesOfRun(sql, 100, 1_000)],
      ['the newest task instances', 2, (sql) => listTaskInstancesOfRuns(sql, PAGE)],
      [
        'running task instances',
        2,
        (sql) => listTaskInstancesOfRuns(sql, { ...PAGE, states: ['running'] }),
      ],
      ['changes', 1, (sql) => listDeltas(sql, 0, { holes: [1, 2], limit: 100 })],
      ['changed runs', 1, (sql) => listChangedRuns(sql, [5, 6], { after: RUNS, limit: 100 })],
    ];

  it.each(reads)(
    '%s takes %i statement(s) and looks at no more than it shows',
    async (...given) => {
      const [, statements, read] = given;
      plans = [];
      await read(client);
      expect(plans).toHaveLength(statements);
      // Totals are counted, up to a bound; nothing else reads a whole history.
      for (const plan of plans.filter((text) => !text.includes('count(*) as total'))) {
        const scanned = [...plan.matchAll(/Seq Scan on .*actual time=\S+ rows=(\d+)/g)];
        const most = Math.max(mostRowsRemoved(plan), ...scanned.map((match) => Number(match[1])));
        expect([most <= MOST_LOOKED_AT, plan]).toEqual([true, plan]);
      }
    },
  );

  it('the counts of the first page look up the task instances of live runs only', async () => {
    plans = [];
    await readHome(client);
    expect(plans).toHaveLength(1);
    const scanned = [
      ...(plans[0] ?? '').matchAll(/Seq Scan on task_instance_.*actual time=\S+ rows=(\d+)/g),
    ];
    expect(Math.max(0, ...scanned.map((match) => Number(match[1])))).toBeLessThan(MOST_LOOKED_AT);
  });

  it('a clear into the past takes a few statements, not one a run', async () => {
    plans = [];
    const selection = { runId: 'big_400', taskIds: ['a'], includePast: true };
    const selected = await selectTasks(client, 'big', selection);
    expect(selected).toHaveLength(400);
    expect(plans.length).toBeLessThanOrEqual(4);
  });

  async function register(id: string): Promise<void> {
    const serialized = sampleDag(id, chainOf('a', 'b', 'c', 'd'));
    const bundle = { hash: 'b', exportName: 'dag' };
    const dags = [{ serialized, bundle, source: '' }];
    await registerDags(database, { file: `${id}/dag.ts`, dags, error: null });
  }

  /** Two DAGs in turns, all but five runs over; `live_run` has no statistics, as right after a start. */
  async function writeHistory(): Promise<void> {
    await database.query(
      `with run as (
         insert into tidegate.dag_run
           (dag_id, run_id, version_key, state, run_type, logical_date, run_after, triggered_by)
         select dag.dag_id, dag.dag_id || '_' || place, dag.version_key, 'success', 'scheduled',
                timestamptz '2026-01-01' + place * interval '1 minute', now(), 'timetable'
           from generate_series(1, $1::int / 2) as place
          cross join tidegate.dag
          order by place
         returning run_key
       ),
       try as (
         insert into tidegate.task_try (run_key, ix, try_number, state, token)
         select run_key, ix, 1, 'success', 1 from run cross join generate_series(0, $2::int - 1) as ix
       )
       insert into tidegate.task_instance (run_key, ix, state, try_number, max_tries, total)
       select run_key, ix, 'success', 1, 0, 1
         from run
        cross join generate_series(0, $2::int - 1) as ix`,
      [RUNS, TASKS],
    );
    await database.query(
      `with newest as (
         update tidegate.dag_run set state = 'running' where run_key > $1 - 5 returning run_key, dag_id
       )
       insert into tidegate.live_run (run_key, dag_id, scope, run_after)
       select run_key, dag_id, dag_id, now() from newest`,
      [RUNS],
    );
    await database.query(
      'analyze tidegate.dag_run, tidegate.task_instance, tidegate.task_try, tidegate.run_range',
    );
  }
});
