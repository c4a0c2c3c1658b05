import { readFile } from 'node:fs/promises';

import pg from 'pg';
import { expect, it } from 'vitest';

import { dumpSchema } from '../../../scripts/dump-schema.ts';
import { createPostgresDatabase, describeWith } from '../../../test/services/services.ts';
import { Database } from './db.ts';
import { migrate } from './migrate.ts';

const FILE = new URL('../../../sql/schema.sql', import.meta.url);

describeWith(['postgres'], 'sql/schema.sql', () => {
  it('is what the migrations make of an empty database (else: npm run check:schema -- --write)', async () => {
    await using own = await createPostgresDatabase('schema');
    const database = new Database({ url: own.url });
    await migrate(database);
    await database.close();
    const client = new pg.Client({ connectionString: own.url });
    await client.connect();
    try {
      expect(await dumpSchema(client)).toBe(await readFile(FILE, 'utf8'));
    } finally {
      await client.end();
    }
  });
});
