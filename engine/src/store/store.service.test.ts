import { afterAll, beforeAll } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { PostgresStoreUnderTest } from './contract/postgres-store-under-test.ts';
import { describeStore } from './contract/store-contract.ts';
import type { Database } from './db.ts';

describeWith(['postgres'], 'the metadata database', () => {
  let own: MetadataDatabase;
  let database: Database;

  beforeAll(async () => {
    own = await createMetadataDatabase('store');
    database = own.database;
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  describeStore((setup) => PostgresStoreUnderTest.open(database, setup), {
    seeds: 8,
    commands: 60,
  });
});
