import type { Connection } from 'mysql2/promise';

import type { ResolvedCaptureConfig } from './capture-config.ts';
import { isSupported, isWalkable } from './column-type.ts';
import { captureError } from './errors.ts';
import { getServerInfo, isAtLeast, type ServerInfo } from './server-info.ts';
import { queryRows, sqlErrorCode } from './source-connection.ts';
import { findTableSchema, type TableSchema } from './table-schema.ts';

/** What the start-up checks found fit for capture. */
export interface CheckedSource {
  readonly server: ServerInfo;
  readonly schemas: ReadonlyMap<string, TableSchema>;
}

/** Checks settings, grants and tables. Throws `CAPTURE_SOURCE_NOT_READY` with every fault and its cure. */
export async function checkSource(
  connection: Connection,
  config: ResolvedCaptureConfig,
): Promise<CheckedSource> {
  const server = await getServerInfo(connection);
  const schemas = new Map<string, TableSchema>();
  const faults = [
    ...(await findSettingFaults(connection, server, config)),
    ...(await findGrantFaults(connection, server)),
    ...(await findTableFaults(connection, config, schemas)),
    ...findYearFaults(server, [...schemas.values()]),
  ];
  if (faults.length > 0)
    throw captureError(
      'CAPTURE_SOURCE_NOT_READY',
      `the source is not ready for capture:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
      { details: { faults } },
    );
  return { server, schemas };
}

interface SettingRule {
  readonly name: string;
  readonly wanted: string;
  /** The statement, or what to do where no statement helps. */
  readonly cure: string;
  /** Absent on one of the two servers, or before some version. */
  readonly optional?: boolean;
}

const SETTINGS: readonly SettingRule[] = [
  {
    name: 'log_bin',
    wanted: 'ON',
    cure: 'put log_bin=binlog under [mysqld] in the server configuration and restart the server',
  },
  { name: 'binlog_format', wanted: 'ROW', cure: "set global binlog_format = 'ROW'" },
  { name: 'binlog_row_image', wanted: 'FULL', cure: "set global binlog_row_image = 'FULL'" },
  { name: 'binlog_row_metadata', wanted: 'FULL', cure: "set global binlog_row_metadata = 'FULL'" },
  {
    name: 'binlog_row_value_options',
    wanted: '',
    cure: "set global binlog_row_value_options = ''",
    optional: true,
  },
  {
    name: 'binlog_transaction_compression',
    wanted: 'OFF',
    cure: 'set global binlog_transaction_compression = OFF',
    optional: true,
  },
];

async function findSettingFaults(
  connection: Connection,
  server: ServerInfo,
  config: ResolvedCaptureConfig,
): Promise<string[]> {
  const rows = await queryRows<{ Variable_name: string; Value: string }>(
    connection,
    `show global variables where variable_name in (${SETTINGS.map(() => '?').join(', ')})`,
    SETTINGS.map((rule) => rule.name),
  );
  const values = new Map(rows.map((row) => [row.Variable_name, row.Value.toUpperCase()]));
  const faults: string[] = [];
  for (const { name, wanted, cure, optional } of SETTINGS) {
    const value = values.get(name);
    if (value === wanted || (value === undefined && optional === true)) continue;
    if (value === undefined)
      faults.push(`${server.version} has no ${name}: upgrade to MariaDB 10.5 or MySQL 8.0`);
    else faults.push(`${name} is ${value}, must be ${wanted === '' ? 'empty' : wanted}: ${cure}`);
  }
  if (server.serverId === 0)
    faults.push(
      'server_id is 0, which forbids replicas: set global server_id = 1 (and in the server configuration)',
    );
  if (server.serverId === config.serverId)
    faults.push(
      `the capture's server id ${config.serverId} is the server's own: configure another serverId`,
    );
  return faults;
}

async function findGrantFaults(connection: Connection, server: ServerInfo): Promise<string[]> {
  const rows = await queryRows<Record<string, string>>(connection, 'show grants');
  const grants = rows.map((row) => Object.values(row)[0]?.toUpperCase() ?? '');
  const everywhere = grants.filter((grant) => / ON \*\.\* TO /.test(grant)).join('\n');
  const user = await queryRows<{ user: string }>(connection, 'select current_user() as user');
  const grantee = `'${(user[0]?.user ?? '').replace('@', "'@'")}'`;
  const isMariaDb = server.connector === 'mariadb';
  const needed: readonly (readonly string[])[] = isMariaDb
    ? [
        ['REPLICATION SLAVE', 'REPLICATION REPLICA'],
        ['BINLOG MONITOR', 'REPLICATION CLIENT', 'SUPER'],
      ]
    : [['REPLICATION SLAVE'], ['REPLICATION CLIENT', 'SUPER'], ['RELOAD']];
  return needed
    .filter((names) => !['ALL PRIVILEGES', ...names].some((name) => everywhere.includes(name)))
    .map(
      (names) => `the user lacks ${names[0] ?? ''}: grant ${names[0] ?? ''} on *.* to ${grantee}`,
    );
}

async function findTableFaults(
  connection: Connection,
  config: ResolvedCaptureConfig,
  schemas: Map<string, TableSchema>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const table of config.tables.values()) {
    const schema = await findTableSchema(connection, table);
    if (schema === undefined) {
      faults.push(
        `table ${table.id} does not exist or may not be seen: create it, or grant select on ${table.id} to the capture's user`,
      );
      continue;
    }
    schemas.set(table.id, schema);
    faults.push(...findSchemaFaults(schema), ...(await findSelectFaults(connection, schema)));
  }
  return faults;
}

function findSchemaFaults({ table, columns, keyColumns }: TableSchema): string[] {
  const faults = columns
    .filter((column) => !isSupported(column.type))
    .map(
      (column) =>
        `column ${table.id}.${column.name} has type ${column.type.base}, which cannot be captured exactly: alter table ${table.id} drop column ${column.name}, or move it to a table that is not captured`,
    );
  if (keyColumns.length === 0)
    faults.push(
      `table ${table.id} has no primary key: alter table ${table.id} add primary key (…)`,
    );
  for (const index of keyColumns) {
    const column = columns[index];
    if (column !== undefined && !isWalkable(column.type))
      faults.push(
        `primary key column ${table.id}.${column.name} has type ${column.type.base}, whose order a snapshot cannot walk: use an integer, decimal, text, binary, date or time key`,
      );
  }
  return faults;
}

const YEARS_SINCE = '8.0.29';

/**
 * Older MySQL 8 leaves YEAR columns out of the list that tells signed from unsigned columns, newer versions and
 * MariaDB have them in it, and no event says which. (From reports of other readers: 8.0.29 has them.)
 */
function findYearFaults(server: ServerInfo, schemas: readonly TableSchema[]): string[] {
  if (server.connector === 'mariadb' || isAtLeast(server, YEARS_SINCE)) return [];
  return schemas.flatMap(({ table, columns }) =>
    columns
      .filter(({ type }) => type.base === 'year')
      .map(
        ({ name }) =>
          `column ${table.id}.${name} has type year, and row events of MySQL ${server.version} do not tell exactly which columns beside it are unsigned: alter table ${table.id} modify ${name} smallint, or upgrade to MySQL ${YEARS_SINCE}`,
      ),
  );
}

async function findSelectFaults(connection: Connection, schema: TableSchema): Promise<string[]> {
  const { database, name, id } = schema.table;
  try {
    await queryRows(connection, 'select 1 from ??.?? limit 0', [database, name]);
    return [];
  } catch (thrown) {
    if (sqlErrorCode(thrown) !== 'ER_TABLEACCESS_DENIED_ERROR') throw thrown;
    return [`the user may not read ${id}: grant select on ${id} to the capture's user`];
  }
}
