import { afterAll, beforeAll } from 'vitest';

import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import { PostgresStoreUnderTest } from './contract/postgres-store-under-test.ts';
import { describeStore } from './contract/store-contract.ts';
import { Database } from './db.ts';
import { migrate } from './migrate.ts';

describeWith(['postgres'], 'the metadata database', () => {
  let own: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    own = await createPostgresDatabase('store');
    database = new Database({ url: own.url });
    await migrate(database);
  });
  afterAll(async () => {
    await database.close();
    await own[Symbol.asyncDispose]();
  });

  describeStore((setup) => PostgresStoreUnderTest.open(database, setup), {
    seeds: 8,
    commands: 60,
  });
});
