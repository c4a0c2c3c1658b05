import { afterEach, beforeEach, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import type { Database } from './db.ts';
import { raiseFenceTokens } from './fence-tokens.ts';

describeWith(['postgres'], 'fence tokens', () => {
  let postgres: MetadataDatabase;
  let database: Database;
  beforeEach(async () => {
    postgres = await createMetadataDatabase('fence_tokens');
    database = postgres.database;
  });
  afterEach(async () => {
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
  });

  it('never go back where the clock is behind, also by a database that has forgotten the last', async () => {
    const ahead = 8_000_000_000_000_000;
    await database.query(`select setval('tidegate.fence_token', $1)`, [ahead]);
    await raiseFenceTokens(database);
    const last = await draw();
    expect(last).toBeGreaterThan(ahead + 1);
    await database.query(`select setval('tidegate.fence_token', $1)`, [last - 2]);
    await raiseFenceTokens(database);
    expect(await draw()).toBeGreaterThan(last);
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
