import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

import type pg from 'pg';

import { TidegateError } from '../platform/errors.ts';
import type { Database, Sql } from './db.ts';
import { STORE_ERRORS } from './errors.ts';

/** From `engine/src/store` and `engine/dist/store` alike. */
const FOLDER = new URL('../../../sql/migrations/', import.meta.url);
const FILE = /^\d{4}_[a-z0-9_]+\.sql$/;
const OLDEST_SERVER = 140_000;
/** Any constant: the lock that lets one process migrate at a time. */
const MIGRATION_LOCK = 7_433_001;

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly hash: string;
  readonly isBreaking: boolean;
}

interface AppliedRow extends pg.QueryResultRow {
  readonly name: string;
  readonly hash: string;
  readonly is_breaking: boolean;
}

/** Brings the schema to this release, forward only; safe when several processes start at once. Answers what it applied. */
export async function migrate(database: Database): Promise<string[]> {
  await refuseOldServer(database);
  const migrations = await readMigrations();
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await createMigrationTable(tx);
    const applied = await readApplied(tx);
    refuseNewerSchema(applied, migrations);
    refuseChangedFiles(applied, migrations);
    const known = new Set(applied.map((row) => row.name));
    const missing = migrations.filter((migration) => !known.has(migration.name));
    for (const migration of missing) await apply(tx, migration);
    return missing.map((migration) => migration.name);
  });
}

/** For processes that do not migrate: throws `SCHEMA_OLDER` or `SCHEMA_NEWER` where this release cannot run. */
export async function checkSchema(database: Database): Promise<void> {
  await refuseOldServer(database);
  const migrations = await readMigrations();
  const exists = await database.query(`select to_regclass('tidegate.migration') as found`);
  const applied = exists.rows[0]?.['found'] === null ? [] : await readApplied(database);
  refuseNewerSchema(applied, migrations);
  const known = new Set(applied.map((row) => row.name));
  const missing = migrations.filter((migration) => !known.has(migration.name));
  if (missing.length === 0) return;
  throw new TidegateError(
    STORE_ERRORS.schemaOlder,
    `the metadata schema lacks ${missing.map((migration) => migration.name).join(', ')}: run \`tidegate db migrate\``,
  );
}

async function refuseOldServer(database: Database): Promise<void> {
  const result = await database.query<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version`,
  );
  const server = result.rows[0];
  if (server !== undefined && Number(server.number) >= OLDEST_SERVER) return;
  throw new TidegateError(
    STORE_ERRORS.tooOld,
    `the metadata database is PostgreSQL ${server?.version ?? '?'}; 14 or newer is needed: upgrade it or leave out TIDEGATE_DATABASE_URL to use the embedded one`,
  );
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => FILE.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, FOLDER), 'utf8');
      return {
        name,
        text,
        hash: createHash('sha256').update(text).digest('hex'),
        isBreaking: text.startsWith('-- breaking'),
      };
    }),
  );
}

async function createMigrationTable(tx: Sql): Promise<void> {
  await tx.query('create schema if not exists tidegate');
  await tx.query(`create table if not exists tidegate.migration (
    name text primary key,
    hash text not null,
    is_breaking boolean not null,
    applied_at timestamptz not null default now()
  )`);
}

async function readApplied(sql: Sql): Promise<AppliedRow[]> {
  const result = await sql.query<AppliedRow>(
    'select name, hash, is_breaking from tidegate.migration order by name',
  );
  return result.rows;
}

function refuseNewerSchema(applied: AppliedRow[], migrations: Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const newer = applied.find((row) => row.is_breaking && !known.has(row.name));
  if (newer === undefined) return;
  throw new TidegateError(
    STORE_ERRORS.schemaNewer,
    `the metadata schema was changed by a newer release (${newer.name}), which this one cannot work with: start the newer release`,
  );
}

function refuseChangedFiles(applied: AppliedRow[], migrations: Migration[]): void {
  const hashes = new Map(applied.map((row) => [row.name, row.hash]));
  for (const { name, hash } of migrations) {
    const before = hashes.get(name);
    if (before === undefined || before === hash) continue;
    throw new TidegateError(
      STORE_ERRORS.migrationChanged,
      `migration ${name} was applied with another text: restore the file and put the change into a new migration`,
    );
  }
}

async function apply(tx: Sql, migration: Migration): Promise<void> {
  await tx.query(migration.text);
  await tx.query('insert into tidegate.migration (name, hash, is_breaking) values ($1, $2, $3)', [
    migration.name,
    migration.hash,
    migration.isBreaking,
  ]);
}
