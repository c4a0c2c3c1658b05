import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import { Database } from './db.ts';
import { STORE_ERRORS } from './errors.ts';

describeWith(['postgres'], 'a database with patience', () => {
  let postgres: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    postgres = await createPostgresDatabase('patience');
    database = new Database({ url: postgres.url, poolSize: 1, patienceMs: 3_000 });
  });
  afterAll(async () => {
    await database.close();
    await postgres[Symbol.asyncDispose]();
  });

  it('gives up a statement that is not answered, and its connection with it', async () => {
    const unanswered = database.query('select pg_sleep(600)');
    await expect(unanswered).rejects.toMatchObject({ code: STORE_ERRORS.unavailable });
    // The only connection of the pool is another one by now, or this would wait for the sleeper.
    await expect.poll(() => answer(database), { timeout: 20_000 }).toBe(1);
  });

  it('gives up a transaction as well', async () => {
    const unanswered = database.transaction((tx) => tx.query('select pg_sleep(600)'));
    await expect(unanswered).rejects.toMatchObject({ code: STORE_ERRORS.unavailable });
    await expect.poll(() => answer(database), { timeout: 20_000 }).toBe(1);
  });
});

async function answer(database: Database): Promise<number | undefined> {
  const { rows } = await database.query<{ one: number }>('select 1 as one');
  return rows[0]?.one;
}
