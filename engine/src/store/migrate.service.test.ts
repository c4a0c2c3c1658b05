import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import { Database } from './db.ts';
import { STORE_ERRORS } from './errors.ts';
import { checkSchema, migrate } from './migrate.ts';

describeWith(['postgres'], 'migrations', () => {
  let own: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    own = await createPostgresDatabase('migrate');
    database = new Database({ url: own.url });
  });
  afterAll(async () => {
    await database.close();
    await own[Symbol.asyncDispose]();
  });

  it('refuses to run on an empty schema, naming the command', async () => {
    await expect(checkSchema(database)).rejects.toMatchObject({
      code: STORE_ERRORS.schemaOlder,
      message: expect.stringContaining('tidegate db migrate') as string,
    });
  });

  it('applies each migration once when several processes start together', async () => {
    const applied = await Promise.all([migrate(database), migrate(database), migrate(database)]);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    await expect(checkSchema(database)).resolves.toBeUndefined();
    expect(await migrate(database)).toEqual([]);
  });

  it('goes on after a newer release migrated without a break, and refuses after a breaking one', async () => {
    await addMigration('9998_add_a_column.sql', false);
    await expect(checkSchema(database)).resolves.toBeUndefined();
    await addMigration('9999_drop_a_column.sql', true);
    await expect(checkSchema(database)).rejects.toMatchObject({ code: STORE_ERRORS.schemaNewer });
    await expect(migrate(database)).rejects.toMatchObject({ code: STORE_ERRORS.schemaNewer });
    await database.query(`delete from tidegate.migration where name like '999%'`);
  });

  it('refuses a migration that was edited after landing', async () => {
    await database.query(`update tidegate.migration set hash = 'other' where name like '0001%'`);
    await expect(migrate(database)).rejects.toMatchObject({
      code: STORE_ERRORS.migrationChanged,
    });
  });

  async function addMigration(name: string, isBreaking: boolean): Promise<void> {
    await database.query(
      'insert into tidegate.migration (name, hash, is_breaking) values ($1, $2, $3)',
      [name, 'hash', isBreaking],
    );
  }
});
