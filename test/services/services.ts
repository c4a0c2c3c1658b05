import { randomBytes } from 'node:crypto';

import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, inject } from 'vitest';

import type { ServiceKind, SourceKind } from './service-addresses.ts';

/** A suite on real services: runs when all of them are there, else is skipped under a name that says why. */
export function describeWith(kinds: readonly ServiceKind[], name: string, suite: () => void): void {
  describeUnlessMissing(
    kinds.filter((kind) => inject('services')[kind] === null),
    name,
    suite,
  );
}

/** A suite that is skipped, under a name that says why, where anything is missing. */
export function describeUnlessMissing(
  missing: readonly string[],
  name: string,
  suite: () => void,
): void {
  if (missing.length === 0) describe(name, suite);
  else describe.skip(`${name} [SKIPPED: no ${missing.join(', ')}]`, suite);
}

/** The address of a service of this test run. Throws where `describeWith` would have skipped. */
export function serviceAddress(kind: ServiceKind): string {
  const address = inject('services')[kind];
  if (address === null)
    throw new Error(`no ${kind} in this test run: use describeWith(['${kind}'], …)`);
  return address;
}

/** A name nobody else in this run uses: databases, topics, prefixes. Lower case, digits, underscores. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(5).toString('hex')}`;
}

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
}

/** A PostgreSQL database for one test file; gone when disposed. */
export async function createPostgresDatabase(prefix = 'test'): Promise<TestDatabase> {
  const url = new URL(serviceAddress('postgres'));
  const name = uniqueName(prefix);
  await onPostgres(url.href, `create database ${name}`);
  const own = new URL(url.href);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    name,
    [Symbol.asyncDispose]: () =>
      onPostgres(url.href, `drop database if exists ${name} with (force)`),
  };
}

/** A MariaDB or MySQL database for one test file; gone when disposed. */
export async function createMysqlDatabase(
  prefix = 'test',
  kind: SourceKind = 'mariadb',
): Promise<TestDatabase> {
  const url = new URL(serviceAddress(kind));
  const name = uniqueName(prefix);
  await onMysql(url.href, `create database ${name}`);
  const own = new URL(url.href);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    name,
    [Symbol.asyncDispose]: () => onMysql(url.href, `drop database if exists ${name}`),
  };
}

async function onPostgres(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onMysql(url: string, statement: string): Promise<void> {
  const connection = await mysql.createConnection(url);
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
