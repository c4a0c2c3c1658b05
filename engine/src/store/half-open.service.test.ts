import { afterEach, beforeEach, expect, it } from 'vitest';

import { startProxy, type CuttableProxy } from '../../../test/cdc/cuttable-proxy.ts';
import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import { chainOf, sampleDag } from '../../test/engine/sample-dags.ts';
import { TestEngine } from '../../test/engine/test-engine.ts';
import { TestWorker } from '../../test/engine/test-worker.ts';
import { silentLogger } from '../platform/log.ts';
import { Database } from './db.ts';
import { STORE_ERRORS } from './errors.ts';
import { migrate } from './migrate.ts';
import { NotificationListener, notify, type Notification } from './notifications.ts';

/** Found out within eight seconds at the latest; the rest is for a busy machine. */
const FOUND_OUT_MS = 15_000;
const GOES_ON_MS = 5_000;

describeWith(['postgres'], 'connections to the metadata that die without a word', () => {
  let postgres: TestDatabase;
  let proxy: CuttableProxy;
  let direct: Database;
  beforeEach(async () => {
    postgres = await createPostgresDatabase('half_open');
    proxy = await startProxy(postgres.url);
    direct = new Database({ url: postgres.url });
  });
  afterEach(async () => {
    await direct.close();
    await proxy[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  it('gives a statement of the pool up by name, and takes another connection', async () => {
    const database = new Database({ url: proxy.through(postgres.url), poolSize: 1 });
    await database.query('select');
    proxy.abandon();
    const startedAt = performance.now();
    await expect(database.query('select')).rejects.toMatchObject({
      code: STORE_ERRORS.unavailable,
    });
    expect(performance.now() - startedAt).toBeLessThan(FOUND_OUT_MS);
    await database.query('select');
    await database.close();
  });

  it('does so in the middle of a transaction, without waiting for a rollback', async () => {
    const database = new Database({ url: proxy.through(postgres.url), poolSize: 1 });
    const startedAt = performance.now();
    const work = database.transaction(async (tx) => {
      await tx.query('select');
      proxy.abandon();
      await tx.query('select');
    });
    await expect(work).rejects.toMatchObject({ code: STORE_ERRORS.unavailable });
    // The server itself ends the transaction after ten seconds, which a network that is gone would not pass on.
    expect(performance.now() - startedAt).toBeLessThan(9_000);
    await database.query('select');
    await database.close();
  });

  it('lets a statement take as long as the server is at work for it', async () => {
    const database = new Database({ url: proxy.through(postgres.url), poolSize: 1 });
    const { rows } = await database.query(`select 'done' as word, pg_sleep(10)`);
    expect(rows[0]?.['word']).toBe('done');
    await database.close();
  });

  it('listens anew, and wakes once for what was missed', async () => {
    const heard: Notification[] = [];
    const listener = new NotificationListener(proxy.through(postgres.url), {
      logger: silentLogger,
      wake: (notification) => heard.push(notification),
    });
    await listener.open();
    proxy.abandon();
    await notify(direct, { kind: 'runs' });
    await expect.poll(() => heard, { timeout: FOUND_OUT_MS }).toEqual([{ kind: 'dags' }]);
    await notify(direct, { kind: 'runs' });
    await expect
      .poll(() => heard, { timeout: 2_000 })
      .toEqual([{ kind: 'dags' }, { kind: 'runs' }]);
    await listener.close();
  });

  it('takes a finish and grants the next task over a new connection', async () => {
    const { engine, worker } = await startEngine();
    await engine.createRuns('chain');
    const grant = await worker.claimOne();
    proxy.abandon();
    const startedAt = performance.now();
    const answer = await worker.finish([grant], undefined, 1);
    expect(answer.results).toEqual(['accepted']);
    expect(performance.now() - startedAt).toBeLessThan(FOUND_OUT_MS);
    await engine[Symbol.asyncDispose]();
  });

  it('works on within 5 s after a network that was away comes back', async () => {
    const { engine, worker } = await startEngine();
    await engine.createRuns('chain');
    const grant = await worker.claimOne();
    const away = proxy.silence(20_000).then(() => performance.now());
    const finished = worker.finish([grant], undefined, 1).then(() => performance.now());
    expect((await finished) - (await away)).toBeLessThan(GOES_ON_MS);
    await engine[Symbol.asyncDispose]();
  }, 60_000);

  async function startEngine(): Promise<{ engine: TestEngine; worker: TestWorker }> {
    await migrate(direct);
    const schedulerUrl = proxy.through(postgres.url);
    const engine = await TestEngine.start(postgres.url, { schedulerUrl });
    await engine.register(sampleDag('chain', chainOf('a', 'b', 'c')));
    return { engine, worker: new TestWorker(engine.app) };
  }
});
