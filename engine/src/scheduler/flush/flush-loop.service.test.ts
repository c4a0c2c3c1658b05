import pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../../test/engine/metadata-database.ts';
import { CommitCutter } from '../../../test/engine/commit-cutter.ts';
import { chainOf, sampleDag } from '../../../test/engine/sample-dags.ts';
import { findMiscounts, TestEngine } from '../../../test/engine/test-engine.ts';
import { TestWorker } from '../../../test/engine/test-worker.ts';
import type { TaskOutcome } from '../../dag/task-outcome.ts';
import type { Grant } from '../../execution/contract.ts';
import type { Database } from '../../store/db.ts';

/** Outputs a flush stands still at, just before it commits, until its lock is released; one then fails there. */
const HELD: TaskOutcome = { kind: 'success', output: 'held' };
const POISON: TaskOutcome = { kind: 'success', output: 'poison' };
const HELD_BEHIND: TaskOutcome = { kind: 'success', output: 'held behind' };
const SUCCESS: TaskOutcome = { kind: 'success', output: null };

const HOLD_AND_FAIL = `
create function tidegate.hold_and_fail() returns trigger language plpgsql as $$
begin
  if new.output in ('"held"', '"poison"') then perform pg_advisory_xact_lock(42); end if;
  if new.output = '"held behind"' then perform pg_advisory_xact_lock(43); end if;
  if new.output = '"poison"' then raise exception 'poison'; end if;
  return new;
end $$;
create trigger hold_and_fail before insert on tidegate.task_try
   for each row execute function tidegate.hold_and_fail()`;

describeWith(['postgres'], 'a flush that begins while the one before commits', () => {
  let own: MetadataDatabase;
  let database: Database;
  let cutter: CommitCutter;
  let engine: TestEngine;
  let worker: TestWorker;
  let holder: pg.Client;
  let first: Grant;
  let second: Grant;
  let third: Grant;

  beforeEach(async () => {
    own = await createMetadataDatabase('loop');
    database = own.database;
    cutter = await CommitCutter.start(own.url);
    // No sweep repairs what a flush left undone.
    engine = await TestEngine.start(own.url, { schedulerUrl: cutter.url, sweepMs: 3_600_000 });
    await engine.register(sampleDag('pair', chainOf('a', 'b')));
    await engine.createRuns('pair', 3);
    worker = new TestWorker(engine.app);
    [first, second, third] = (await claimAll()) as [Grant, Grant, Grant];
    await database.query(HOLD_AND_FAIL);
    holder = new pg.Client({ connectionString: own.url });
    await holder.connect();
    await holder.query('select pg_advisory_lock(42), pg_advisory_lock(43)');
  });
  afterEach(async () => {
    await holder.end();
    await engine[Symbol.asyncDispose]();
    await cutter[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  async function claimAll(): Promise<Grant[]> {
    const grants: Grant[] = [];
    while (grants.length < 3) grants.push(...(await worker.claim(3 - grants.length)));
    return grants;
  }

  interface Reported {
    /** (Default: the first task instance succeeds, held) */
    readonly one?: readonly [readonly Grant[], (grant: Grant) => TaskOutcome];
    readonly other?: TaskOutcome;
  }

  /** The first reports stand just before their commit, the others have asked for their locks behind them. */
  async function report({ one: [grants, outcome] = [[first], () => HELD], other }: Reported = {}) {
    const before = cutter.begun;
    const answers = [
      worker.finish(grants, outcome, 1),
      untilHeld().then(() => worker.finish([second], other, 1)),
    ] as const;
    for (const answer of answers) answer.catch(() => undefined);
    await vi.waitFor(() => expect(cutter.begun).toBe(before + 2), 5_000);
    return answers;
  }

  const untilHeld = () => vi.waitFor(async () => expect(await held()).toHaveLength(1), 5_000);

  const held = async (): Promise<{ pid: number }[]> =>
    (await database.query<{ pid: number }>('select pid from pg_locks where not granted')).rows;

  const release = (key = 42) => holder.query('select pg_advisory_unlock($1)', [key]);

  /** What stands just before its commit holds the locks it has asked for. */
  async function expectLocked(): Promise<void> {
    await untilHeld();
    const { rowCount } = await database.query(
      `select from pg_locks
        where relation = 'tidegate.dag_run'::regclass and mode = 'RowShareLock'
          and pid = (select pid from pg_locks where not granted)`,
    );
    expect(rowCount).toBe(1);
  }

  /** The first report fails, the other stands behind it with its locks, and is answered once it may go on. */
  async function committedBehind([failing, other]: Awaited<ReturnType<typeof report>>) {
    await release();
    await expect(failing).rejects.toThrow('500');
    await expectLocked();
    await release(43);
    const { results, grants } = await other;
    expect(results).toEqual(['accepted']);
    return grants;
  }

  /** With these the runs are over, and nothing was ever lost. */
  async function expectAllWell(running: readonly Grant[]): Promise<void> {
    expect((await worker.finish(running)).results).toEqual(running.map(() => 'accepted'));
    const states = await Promise.all(running.map(({ runKey }) => engine.runState(runKey)));
    expect(states).toEqual(running.map(() => 'success'));
    const tries = await database.query('select distinct state, try_number from tidegate.task_try');
    expect(tries.rows).toEqual([{ state: 'success', try_number: 1 }]);
    expect(await findMiscounts(database)).toEqual([]);
  }

  it('is answered behind it, each with its own', async () => {
    const reported = await report();
    await release();
    const answers = await Promise.all(reported);
    expect(answers.map(({ results }) => results)).toEqual([['accepted'], ['accepted']]);
    const granted = answers.flatMap(({ grants }) => grants);
    expect(granted.map(({ runKey }) => runKey)).toEqual([first.runKey, second.runKey]);
    await expectAllWell(granted);
  });

  it('keeps its locks and is committed although the one before fails', async () => {
    const reported = await report({ one: [[first], () => POISON], other: HELD_BEHIND });
    const grants = await committedBehind(reported);
    const again = await worker.finish([first], undefined, 1);
    await expectAllWell([...grants, ...again.grants]);
  });

  it('makes room for the reports of a failed one, each tried alone, and is committed then', async () => {
    const isFirst = (grant: Grant): boolean => grant.runKey === first.runKey;
    const outcome = (grant: Grant): TaskOutcome => (isFirst(grant) ? POISON : SUCCESS);
    const reported = await report({ one: [[third, first], outcome], other: HELD_BEHIND });
    const grants = await committedBehind(reported);
    const again = await worker.finish([third, first], undefined, 2);
    expect(again.results).toEqual(['stale', 'accepted']);
    await expectAllWell([...grants, ...again.grants]);
  });

  it('is repeated with it when their connection dies', async () => {
    const reported = await report();
    await database.query('select pg_terminate_backend($1)', [(await held())[0]?.pid]);
    await release();
    const answers = await Promise.all(reported);
    expect(answers.map(({ results }) => results)).toEqual([['accepted'], ['accepted']]);
    await expectAllWell(answers.flatMap(({ grants }) => grants));
  });

  it('grants nothing to a worker that the one before may grant something', async () => {
    const waiting = new TestWorker(engine.app, 'waiting');
    await waiting.claim(1, 0);
    const claim = waiting.claim(1);
    // Its poll is there before the reports.
    await waiting.heartbeat([]);
    const before = cutter.begun;
    const one = worker.finish([first], HELD);
    await untilHeld();
    const other = worker.finish([second]);
    await vi.waitFor(() => expect(cutter.begun).toBe(before + 2), 5_000);
    await release();
    await Promise.all([one, other]);
    const granted = await claim;
    expect(granted).toHaveLength(1);
    await expectAllWell([...granted, ...(await waiting.claim(1))]);
  });

  it('does not begin before that one has decided what it writes', async () => {
    await worker.finish([first], undefined, 0);
    await holder.query('begin; select from tidegate.dag_run order by run_key for update');
    const before = cutter.begun;
    const one = worker.finish([second], undefined, 0);
    await untilHeld();
    const other = worker.finish([third], undefined, 0);
    await worker.heartbeat([]);
    expect(cutter.begun).toBe(before + 1);
    await holder.query('commit');
    for (const { results } of await Promise.all([one, other]))
      expect(results).toEqual(['accepted']);
    expect(await findMiscounts(database)).toEqual([]);
  });

  it('is over before the scheduler closes', async () => {
    const reported = await report();
    const closed = engine.core.flusher.close();
    await release();
    await closed;
    const answers = await Promise.all(reported);
    expect(answers.map(({ results }) => results)).toEqual([['accepted'], ['accepted']]);
  });
});
