import { createPostgresDatabase, type TestDatabase } from '../../../test/services/services.ts';
import { Database } from '../../src/store/db.ts';
import { migrate } from '../../src/store/migrate.ts';

/** A database of a test's own with the metadata's tables, and a connection pool to it. */
export interface MetadataDatabase extends TestDatabase {
  readonly database: Database;
}

export async function createMetadataDatabase(name: string): Promise<MetadataDatabase> {
  const own = await createPostgresDatabase(name);
  const database = new Database({ url: own.url });
  await migrate(database);
  return {
    ...own,
    database,
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await own[Symbol.asyncDispose]();
    },
  };
}
