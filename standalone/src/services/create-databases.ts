import { readFileSync } from 'node:fs';

import mysql from 'mysql2/promise';
import pg from 'pg';

/** A database with the role that owns it. */
export interface OwnedDatabase {
  readonly name: string;
  readonly user: string;
  readonly password: string;
}

/** Makes sure each database and its role exist on a PostgreSQL of ours; answers their URLs, in order. */
export async function ensurePostgresDatabases(
  adminUrl: string,
  databases: readonly OwnedDatabase[],
): Promise<string[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const database of databases) await ensureOwned(client, database);
  } finally {
    await client.end();
  }
  return databases.map(({ name, user, password }) => {
    const url = new URL(adminUrl);
    url.username = user;
    url.password = encodeURIComponent(password);
    url.pathname = `/${name}`;
    return url.href;
  });
}

/** Runs a SQL file on a MySQL of ours; its statements must bear being run again. */
export async function applyMysqlFile(url: string, file: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
  try {
    await connection.query(readFileSync(file, 'utf8'));
  } finally {
    await connection.end();
  }
}

/** Gives the seeds' user everything a capture needs, and the right to change the rows it watches. */
export async function ensureMysqlUser(
  url: string,
  account: { user: string; password: string; database: string },
): Promise<void> {
  const connection = await mysql.createConnection(url);
  try {
    const name = `${connection.escape(account.user)}@'%'`;
    await connection.query(
      `create user if not exists ${name} identified by ${connection.escape(account.password)}`,
    );
    await connection.query(
      `grant select, reload, show databases, replication slave, replication client on *.* to ${name}`,
    );
    await connection.query(`grant all on ${connection.escapeId(account.database)}.* to ${name}`);
    // MariaDB keeps accounts in tables that a crash soon after would empty.
    await connection.query('flush tables');
  } finally {
    await connection.end();
  }
}

async function ensureOwned(
  client: pg.Client,
  { name, user, password }: OwnedDatabase,
): Promise<void> {
  const role = pg.escapeIdentifier(user);
  const secret = pg.escapeLiteral(password);
  const roles = await client.query('select from pg_roles where rolname = $1', [user]);
  // The password is set at every start: a home copied or restored keeps working.
  await client.query(
    `${roles.rowCount === 0 ? 'create' : 'alter'} role ${role} login password ${secret}`,
  );
  const databases = await client.query('select from pg_database where datname = $1', [name]);
  if (databases.rowCount === 0) {
    await client.query(`create database ${pg.escapeIdentifier(name)} owner ${role}`);
  }
}
