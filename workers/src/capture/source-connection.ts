import mysql from 'mysql2/promise';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2/promise';

import { captureError } from './errors.ts';

const CONNECT_MS = 5_000;

/** How both readers (queries and binlog) want values: exact, as text where a number or a Date would lose. */
export function toConnectionOptions(source: string): ConnectionOptions {
  const url = new URL(source);
  return {
    host: url.hostname,
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(url.searchParams.get('ssl') === 'true' ? { ssl: {} } : {}),
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    connectTimeout: CONNECT_MS,
    enableKeepAlive: true,
  };
}

/** `user@host:port`, for messages. Never the password. */
export function describeSource(source: string): string {
  const url = new URL(source);
  return `${url.username}@${url.hostname}:${url.port === '' ? '3306' : url.port}`;
}

/** Session settings that make reads independent of the server's defaults. */
const SESSION = "set time_zone = '+00:00', sql_mode = '', character_set_results = 'utf8mb4'";

/** Opens a connection for queries. Throws `CAPTURE_SOURCE_UNREACHABLE` or `CAPTURE_SOURCE_NOT_READY`. */
export async function connectSource(source: string): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    connection = await mysql.createConnection(toConnectionOptions(source));
    // Without a listener a connection that dies while idle would take the process with it.
    connection.on('error', () => undefined);
    await connection.query({ sql: SESSION, timeout: CONNECT_MS });
    return connection;
  } catch (thrown) {
    connection?.destroy();
    throw toConnectError(source, thrown);
  }
}

const DENIED = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_ACCOUNT_HAS_BEEN_LOCKED',
  'ER_MUST_CHANGE_PASSWORD_LOGIN',
]);

function toConnectError(source: string, thrown: unknown): Error {
  const code = sqlErrorCode(thrown);
  if (code !== undefined && DENIED.has(code)) {
    const user = decodeURIComponent(new URL(source).username);
    return notReady(
      `${describeSource(source)} refuses the user or its password (${code}): check the address, or as an administrator: create user '${user}'@'%' identified by '…'`,
      thrown,
    );
  }
  if (code === 'HANDSHAKE_SSL_ERROR') {
    return notReady(
      `the certificate of ${describeSource(source)} is not trusted (${String(thrown)}): name the file of its authority in NODE_EXTRA_CA_CERTS, or leave ssl=true out of the address`,
      thrown,
    );
  }
  return captureError(
    'CAPTURE_SOURCE_UNREACHABLE',
    `nothing answers as MySQL or MariaDB at ${describeSource(source)} (${code ?? String(thrown)}): start the server or correct the address`,
    { cause: thrown, retriable: true },
  );
}

function notReady(fault: string, cause: unknown): Error {
  return captureError('CAPTURE_SOURCE_NOT_READY', fault, { cause, details: { faults: [fault] } });
}

/** The server's or the socket's word for what went wrong: `ER_…`, `ECONNREFUSED`. */
export function sqlErrorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** True when the server says that a binlog file ends within an event: it died while it wrote there. */
export function isCutFile(error: Error): boolean {
  return 'errno' in error && error.errno === 1236 && /truncated in the middle/.test(error.message);
}

/** Rows as objects. Every query has a time limit, so that a half-open connection cannot hang the capture. */
export async function queryRows<T extends object>(
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const [rows] = await connection.query<(T & RowDataPacket)[]>({
    sql,
    values: [...values],
    timeout: 30_000,
  });
  return rows;
}

/** A backticked identifier. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
