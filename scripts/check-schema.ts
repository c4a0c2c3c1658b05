/**
 * Compares `sql/schema.sql` with what the migrations make of an empty database: a change of the schema is
 * read in the diff like any other. `-- --write` writes the file anew.
 *
 * The dump is a catalog query of our own: `pg_dump` differs from release to release and may be missing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';

import { Database, migrate } from '@tidegate/engine/server';
import pg from 'pg';

import { dumpSchema } from './dump-schema.ts';

const FILE = new URL('../sql/schema.sql', import.meta.url);
const url = process.env['TIDEGATE_TEST_POSTGRES_URL'];

if (url === undefined) {
  process.stderr.write(
    'check:schema SKIPPED: no PostgreSQL; set TIDEGATE_TEST_POSTGRES_URL to one that may be filled with a scratch database\n',
  );
} else {
  process.exitCode = await check(url, process.argv.includes('--write'));
}

async function check(serverUrl: string, isWriting: boolean): Promise<number> {
  const dump = await dumpMigrated(serverUrl);
  if (isWriting) {
    await writeFile(FILE, dump);
    return 0;
  }
  const kept = await readFile(FILE, 'utf8').catch(() => '');
  if (kept === dump) return 0;
  const lines = dump.split('\n');
  const at = kept.split('\n').findIndex((line, place) => line !== lines[place]);
  process.stderr.write(
    `sql/schema.sql is not what the migrations make (line ${at + 1}: ${lines[at] ?? 'end'}): run \`npm run check:schema -- --write\` and read the diff\n`,
  );
  return 1;
}

async function dumpMigrated(serverUrl: string): Promise<string> {
  const name = `check_schema_${process.pid}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const own = new URL(serverUrl);
  own.pathname = `/${name}`;
  const database = new Database({ url: own.href });
  try {
    await migrate(database);
    return await dumpSchema(database);
  } finally {
    await database.close();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}
