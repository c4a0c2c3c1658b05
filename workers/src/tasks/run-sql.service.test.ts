import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { bankContext, type BankTask } from '../../../test/cdc/bank-warehouse.ts';
import { startProxy, type CuttableProxy } from '../../../test/cdc/cuttable-proxy.ts';
import { createPostgresDatabase, describeWith } from '../../../test/services/services.ts';
import { runSql } from './run-sql.ts';

describeWith(['postgres'], 'runSql', () => {
  let database: Awaited<ReturnType<typeof createPostgresDatabase>>;
  let proxy: CuttableProxy;
  let client: pg.Client;
  const run = (sql: string, task: Partial<BankTask> = {}) =>
    runSql({ connection: 'dw', sql })(
      bankContext({ log: new MemoryLog(), url: database.url, ...task }),
    );
  const numbers = async () =>
    (await client.query<{ n: number }>('select n from numbers order by n')).rows.map(({ n }) => n);
  const sleepers = async () =>
    (
      await client.query<{ pid: number }>(
        `select pid from pg_stat_activity
         where datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid()`,
      )
    ).rows;

  beforeAll(async () => {
    database = await createPostgresDatabase('runsql');
    proxy = await startProxy(database.url);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await client.query('drop table if exists numbers; create table numbers (n int primary key)');
  });

  it('runs several statements and counts the rows of all of them', async () => {
    const sql = 'insert into numbers values (1), (2), (3); delete from numbers where n = 2';
    expect(await run(sql)).toEqual({ rows: 4 });
    expect(await run('select from numbers')).toEqual({ rows: 2 });
    expect(await numbers()).toEqual([1, 3]);
  });

  it('leaves nothing behind when a statement fails, and says which and why', async () => {
    const sql = 'insert into numbers values (1); insert into numbers values (1)';
    await expect(run(sql)).rejects.toMatchObject({
      code: '23505',
      message: expect.stringContaining('numbers_pkey') as string,
    });
    expect(await numbers()).toEqual([]);
  });

  it('waits for a server that is away, and says so', async () => {
    await proxy.cut();
    const waits: (string | undefined)[] = [];
    const running = run('insert into numbers values (1)', {
      url: proxy.through(database.url),
      waits,
    });
    await vi.waitFor(() => expect(waits[0]).toMatch(/PostgreSQL dw: .*ECONNREFUSED/), 5_000);
    await proxy.mend();
    await running;
    expect(waits.at(-1)).toBeUndefined();
    expect(await numbers()).toEqual([1]);
  });

  it('fails the try when the connection goes while it runs, and repeats nothing by itself', async () => {
    const lost = expect(run('insert into numbers values (1); select pg_sleep(60)')).rejects.toThrow(
      /terminat/,
    );
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(1), 5_000);
    await client.query('select pg_terminate_backend($1)', [(await sleepers())[0]?.pid]);
    await lost;
    expect(await numbers()).toEqual([]);
  });

  it('fails the try within seconds when its connection dies without a word', async () => {
    const running = run('select pg_sleep(1)', { url: proxy.through(database.url) });
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(1));
    proxy.abandon();
    const startedAt = performance.now();
    await expect(running).rejects.toThrow('Connection terminated');
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it('ends with its task: nothing runs on in the server', async () => {
    const abort = new AbortController();
    const aborted = expect(
      run('insert into numbers values (1); select pg_sleep(60)', { signal: abort.signal }),
    ).rejects.toThrow();
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(1), 5_000);
    abort.abort(new Error('timed out'));
    await aborted;
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(0), 5_000);
    expect(await numbers()).toEqual([]);
  });
});
