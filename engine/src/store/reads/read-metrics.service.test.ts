import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { describeWith } from '../../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../../test/engine/metadata-database.ts';
import type { Database } from '../db.ts';
import { readMetadataCounts } from './read-metrics.ts';

describeWith(['postgres'], 'the oldest transaction of the metadata database', () => {
  let postgres: MetadataDatabase;
  let database: Database;
  let other: pg.Client;
  beforeEach(async () => {
    postgres = await createMetadataDatabase('oldest_transaction');
    database = postgres.database;
    other = new pg.Client(postgres.url);
    await other.connect();
  });
  afterEach(async () => {
    await other.end();
    await postgres[Symbol.asyncDispose]();
  });

  const oldest = async (): Promise<number> =>
    (await readMetadataCounts(database, new Date())).oldestTransactionSeconds;

  it.each([
    ['that only reads', 'select from tidegate.dag'],
    ['that wrote', 'select pg_current_xact_id()'],
  ])('is one left open %s, until it ends', async (_, statement) => {
    await other.query('begin isolation level repeatable read');
    await other.query(statement);
    const first = await oldest();
    expect(first).toBeGreaterThan(0);
    expect(await oldest()).toBeGreaterThan(first);
    await other.query('commit');
    expect(await oldest()).toBe(0);
  });
});
