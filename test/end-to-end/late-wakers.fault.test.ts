import { readFileSync } from 'node:fs';
import path from 'node:path';

import { systemClock } from '@tidegate/engine/platform';
import { Database, RunRewriter } from '@tidegate/engine/server';
import { readTaskEnvironment, startWorker } from '@tidegate/workers/worker';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { armFailpoint } from './armed-failpoint.ts';
import { isInCurrent } from './bank-integrity.ts';
import { BankUnderLoad } from './bank-under-load.ts';
import { isAlive, signal, StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';
import { until, untilTrue } from './until.ts';

describeWith(['mariadb'], 'the bank pipeline, work that is done late or again', () => {
  const standalone = new StandaloneUnderTest();
  let bank: BankUnderLoad;
  beforeAll(async () => {
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 3);
  }, 120_000);
  afterAll(async () => {
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it('lets a load that stood still in its middle while its worker died do no harm when it wakes', async () => {
    bank.source.startLoad();
    const sleeper = await armFailpoint(standalone.failpoints, 'load.staged', 'pause').hit();
    await standalone.kill('worker');
    await bank.timeToGoOn('kill -9 of a worker whose load stands still');
    expect(isAlive(sleeper)).toBe(true);
    signal(sleeper, 'SIGCONT');
    await untilTrue('the sleeper to end', () => !isAlive(sleeper));
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it('ends or refuses the load of a worker that stood still beyond its lease, once its next try has loaded', async () => {
    bank.source.startLoad();
    const refusals = refusalsOf(standalone.home);
    const sleeper = await armFailpoint(standalone.failpoints, 'load.staged', 'pause').hit();
    const [worker = 0] = standalone.pidsOf('worker');
    signal(worker, 'SIGSTOP');
    await untilLost(Date.now());
    signal(worker, 'SIGCONT');
    await bank.timeToGoOn('a worker that stood still beyond its lease');
    // Its worker kills it on waking, unless it wakes first: then the fence has the last word.
    signal(sleeper, 'SIGCONT');
    await untilTrue(
      'the late load to be ended or refused',
      () => !isAlive(sleeper) || refusalsOf(standalone.home) > refusals,
    );
    expect(await bank.faultsAtRest()).toEqual([]);
  });

  it('refuses the load that wakes in its middle after another worker has done it', async () => {
    bank.source.startLoad();
    const refusals = refusalsOf(standalone.home);
    const sleeper = await armFailpoint(standalone.failpoints, 'load.staged', 'pause').hit();
    // Its worker stands still to the end: nobody can kill the load, nobody tells it that its lease is over.
    const [worker = 0] = standalone.pidsOf('worker');
    signal(worker, 'SIGSTOP');
    const second = await startWorker({
      ...standalone.execution,
      ...{ workerId: 'second', home: path.join(standalone.scratch, 'second') },
      // The emptiest worker is given work first: the one that stands still still asks for some.
      ...{ queues: ['default'], concurrency: 100, lane: { kind: 'postgres' } },
      topicLog: { kind: 'postgres', url: standalone.topicLogUrl },
      taskEnvironment: readTaskEnvironment(),
    });
    try {
      const id = await bank.source.insertProbe();
      const isLoaded = (): Promise<boolean> => isInCurrent(standalone.warehouseUrl, id);
      await untilTrue('the second worker to load what the first one has', isLoaded, 60_000);
      expect(isAlive(sleeper)).toBe(true);
      signal(sleeper, 'SIGCONT');
      const isRefused = (): boolean => refusalsOf(standalone.home) > refusals;
      await untilTrue('the late load to be refused', isRefused);
      signal(worker, 'SIGCONT');
      expect(await bank.faultsAtRest()).toEqual([]);
    } finally {
      signal(worker, 'SIGCONT');
      await second.stop();
    }
  });

  it('changes nothing when loaded ranges are cleared and run again, in mid-load and through a kill', async () => {
    bank.source.startLoad();
    await using database = databaseOf(standalone.metadataUrl);
    const rewriter = new RunRewriter({ database: database.database, clock: systemClock });
    const rows = await until('a dozen runs that loaded their ranges', async () => {
      const found = await database.database.query<{ run_key: number }>(
        `select run_key from tidegate.dag_run where state = 'success' order by run_key desc limit 12`,
      );
      return found.rowCount === 12 ? found.rows : undefined;
    });
    const kill = armFailpoint(standalone.failpoints, 'rewrite.before-commit', 'kill');
    for (const { run_key: runKey } of rows) await rewriter.clear(runKey, [0, 1]);
    await kill.hit();
    await bank.timeToGoOn('12 cleared runs');
    expect(await bank.faultsAtRest()).toEqual([]);
    const cleared = await database.database.query(
      `select from tidegate.dag_run where run_key = any ($1) and clear_number = 1`,
      [rows.map(({ run_key: runKey }) => runKey)],
    );
    expect(cleared.rowCount).toBe(12);
  });

  async function untilLost(since: number): Promise<void> {
    const client = new pg.Client({ connectionString: standalone.metadataUrl });
    await client.connect();
    const lost = `select from tidegate.task_try where state = 'lost' and end_ms > $1`;
    try {
      const isLost = async (): Promise<boolean> =>
        ((await client.query(lost, [since])).rowCount ?? 0) > 0;
      await untilTrue('the lease to run out', isLost, 45_000);
    } finally {
      await client.end();
    }
  }
});

/** How many loads the target refused because their fence token was older than one it had seen. */
function refusalsOf(home: string): number {
  const log = readFileSync(path.join(home, 'logs', 'postgres.log'), 'utf8');
  return log.split('violates check constraint "fence_token_not_older"').length - 1;
}

function databaseOf(url: string): AsyncDisposable & { readonly database: Database } {
  const database = new Database({ url });
  return { database, [Symbol.asyncDispose]: () => database.close() };
}
