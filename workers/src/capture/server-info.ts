import type { Connection } from 'mysql2/promise';

import type { BinlogPosition } from './position.ts';
import { captureError } from './errors.ts';
import { comparePositions, fileBase, fileNumber } from './position.ts';
import { queryRows, sqlErrorCode } from './source-connection.ts';

export interface ServerInfo {
  readonly connector: 'mysql' | 'mariadb';
  readonly version: string;
  readonly serverId: number;
}

export async function getServerInfo(connection: Connection): Promise<ServerInfo> {
  const [row] = await queryRows<{ version: string; id: number | string }>(
    connection,
    'select version() as version, @@server_id as id',
  );
  const version = row?.version ?? '';
  return {
    connector: /mariadb/i.test(version) ? 'mariadb' : 'mysql',
    version,
    serverId: Number(row?.id ?? 0),
  };
}

/** Versions as `8.0.29` compare by their numbers; what a distribution adds behind does not count. */
export function isAtLeast({ version }: ServerInfo, wanted: string): boolean {
  return version.localeCompare(wanted, 'en', { numeric: true }) >= 0;
}

interface MasterStatus {
  readonly File: string;
  readonly Position: number | string;
}

/** The end of the binlog. MySQL 8.4 dropped the old statement's name, MariaDB never took the new one. */
export async function getBinlogEnd(connection: Connection): Promise<BinlogPosition> {
  const rows = await queryRows<MasterStatus>(connection, 'show master status').catch(
    (thrown: unknown) => {
      if (sqlErrorCode(thrown) !== 'ER_PARSE_ERROR') throw thrown;
      return queryRows<MasterStatus>(connection, 'show binary log status');
    },
  );
  const [row] = rows;
  if (row === undefined)
    throw captureError(
      'CAPTURE_SOURCE_NOT_READY',
      'the server writes no binlog: set log_bin in its configuration and restart it',
    );
  return { file: row.File, pos: Number(row.Position) };
}

interface BinlogFile {
  readonly Log_name: string;
  readonly File_size: number | string;
}

/** The binlog file that follows this one, if there is one already. */
export async function findFileAfter(
  connection: Connection,
  file: string,
): Promise<string | undefined> {
  const files = await queryRows<BinlogFile>(connection, 'show binary logs');
  const place = files.findIndex(({ Log_name: name }) => name === file);
  return place < 0 ? undefined : files[place + 1]?.Log_name;
}

/** Throws `CAPTURE_POSITION_PURGED` or `CAPTURE_SOURCE_WENT_BACK` unless the server can go on from there. */
export async function assertPositionHeld(
  connection: Connection,
  position: BinlogPosition,
): Promise<void> {
  const files = await queryRows<BinlogFile>(connection, 'show binary logs');
  const details = { file: position.file, pos: position.pos };
  const held = files.find((file) => file.Log_name === position.file);
  if (held !== undefined) {
    if (position.pos <= Number(held.File_size)) return;
    throw wentBackError(`its ${position.file} ends at ${held.File_size}`, details);
  }
  const first = files[0];
  const isSameHistory = first !== undefined && fileBase(first.Log_name) === fileBase(position.file);
  if (!isSameHistory || fileNumber(position.file) > fileNumber(first.Log_name))
    throw wentBackError(`it has no ${position.file}`, details);
  throw captureError(
    'CAPTURE_POSITION_PURGED',
    `the server purged ${position.file}, where capture must go on (its oldest is ${first.Log_name}): snapshot again with whenPositionLost: 'resnapshot', and raise binlog_expire_logs_seconds`,
    { details: { ...details, oldest: first.Log_name } },
  );
}

function wentBackError(why: string, details: Readonly<Record<string, unknown>>): Error {
  return captureError(
    'CAPTURE_SOURCE_WENT_BACK',
    `the server's binlog is not the one captured so far: ${why} (RESET MASTER, a restored backup, another server, or a crash without sync_binlog=1): snapshot again with whenPositionLost: 'resnapshot'`,
    { details },
  );
}

/** True when `position` is at or behind `end`. */
export function isBehind(position: BinlogPosition, end: BinlogPosition): boolean {
  return comparePositions(position, end) <= 0;
}
