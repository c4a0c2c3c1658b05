import { afterEach, beforeEach, expect, it } from 'vitest';

import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import { Database } from './db.ts';
import { raiseFenceTokens } from './fence-tokens.ts';
import { migrate } from './migrate.ts';

describeWith(['postgres'], 'fence tokens', () => {
  let postgres: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    postgres = await createPostgresDatabase('fence_tokens');
    database = new Database({ url: postgres.url });
    await migrate(database);
  });
  afterEach(async () => {
    await database.close();
    await postgres[Symbol.asyncDispose]();
  });

  async function draw(): Promise<number> {
    const { rows } = await database.query<{ token: number }>(
      `select nextval('tidegate.fence_token') as token`,
    );
    return rows[0]?.token ?? Number.NaN;
  }

  it('go on above all that were drawn, also by a database that has forgotten them', async () => {
    await raiseFenceTokens(database);
    const drawn = [await draw(), await draw()];
    await database.query(`select setval('tidegate.fence_token', 17)`);
    await raiseFenceTokens(database);
    const after = await draw();
    expect(after).toBeGreaterThan(Math.max(...drawn));
    expect(Number.isSafeInteger(after)).toBe(true);
    // Forgotten again, and the clock is behind what was drawn.
    const ahead = 8_000_000_000_000_000;
    await database.query(`select setval('tidegate.fence_token', $1)`, [ahead]);
    await raiseFenceTokens(database);
    const last = [await draw(), await draw()].at(-1) ?? Infinity;
    await database.query(`select setval('tidegate.fence_token', $1)`, [last - 2]);
    await raiseFenceTokens(database);
    expect(await draw()).toBeGreaterThan(last);
  });

  it('never go back, whatever the clock says', async () => {
    const ahead = 8_000_000_000_000_000;
    await database.query(`select setval('tidegate.fence_token', $1)`, [ahead]);
    await raiseFenceTokens(database);
    expect(await draw()).toBeGreaterThan(ahead + 1);
  });

  it('only rise while schedulers that start together raise them and others draw', async () => {
    const drawing = async (): Promise<number[]> => {
      const tokens: number[] = [];
      for (let n = 0; n < 50; n += 1) tokens.push(await draw());
      return tokens;
    };
    const [first, second] = await Promise.all([
      drawing(),
      drawing(),
      ...Array.from({ length: 10 }, () => raiseFenceTokens(database)),
    ]);
    for (const tokens of [first, second]) expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
    expect(new Set([...first, ...second]).size).toBe(100);
  });
});
