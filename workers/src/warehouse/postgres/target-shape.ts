import type pg from 'pg';

import { loadError } from './errors.ts';
import {
  deletedTable,
  dirtyTable,
  eventIndex,
  generationIndex,
  unmappedTable,
  type LoadTarget,
} from './load-target.ts';
import { withPrivateSchema } from './private-schema.ts';
import { columnList, identifier, literal, type TableName } from './sql-text.ts';
import { UNKNOWN_PARTITION } from './statement-parts.ts';

export interface TargetColumn {
  readonly name: string;
  /** As PostgreSQL writes it: `numeric(18,2)`. */
  readonly type: string;
}

/** A target as it is in the database. */
export interface TargetShape {
  readonly id: number;
  readonly key: readonly TargetColumn[];
  /** Columns the row mapping fills. */
  readonly mapped: readonly TargetColumn[];
  /** Which of `LOADER_COLUMNS` each table has. */
  readonly currentExtras: readonly string[];
  readonly historyExtras: readonly string[];
}

/** Filled by the loader in whichever table has them. */
export const LOADER_COLUMNS = ['operation_type', 'change_timestamp', 'is_snapshot'] as const;
const PRIVATE_COLUMNS = ['_v1', '_v2', '_gen'] as const;
/** Of current only: where the newest change of the row came from, see `snapshot-end-statements.ts`. */
const PARTITION_COLUMN = '_partition';

interface FoundColumn extends TargetColumn {
  readonly isGenerated: boolean;
}

/**
 * Reads a target's tables and makes what they lack: the loader's private columns and indexes, the tables of
 * dirty groups and deleted keys. Throws `TARGET_*` where the tables contradict the description.
 */
export function prepareTarget(client: pg.Client, target: LoadTarget): Promise<TargetShape> {
  return withPrivateSchema(client, async () => {
    const current = await listColumns(client, target.current);
    const history = target.history ? await listColumns(client, target.history) : [];
    const key = Object.keys(target.key).map((name) => getColumn(current, name, target.current));
    const shape = {
      id: await targetId(client, target),
      key: key.map(({ name, type }) => ({ name, type })),
      mapped: mappedColumns(current, target),
      currentExtras: extrasOf(current),
      historyExtras: extrasOf(history),
    };
    if (target.history !== undefined)
      for (const { name } of [...shape.key, ...shape.mapped])
        getColumn(history, name, target.history);
    for (const name of target.groups.flat()) getColumn(current, name, target.current);
    await requireUniqueKey(client, target, shape.mapped);
    await completeTables(client, target, { current, history });
    await client.query(privateTables(target, shape, current));
    return shape;
  });
}

function mappedColumns(current: readonly FoundColumn[], target: LoadTarget): TargetColumn[] {
  const others: readonly string[] = [
    ...PRIVATE_COLUMNS,
    PARTITION_COLUMN,
    ...LOADER_COLUMNS,
    ...target.defaults,
    ...Object.keys(target.key),
  ];
  return current
    .filter(({ name, isGenerated }) => !isGenerated && !others.includes(name))
    .map(({ name, type }) => ({ name, type }));
}

function extrasOf(columns: readonly FoundColumn[]): string[] {
  return LOADER_COLUMNS.filter((name) => columns.some((column) => column.name === name));
}

async function listColumns(client: pg.Client, table: TableName): Promise<FoundColumn[]> {
  const { rows } = await client.query<FoundColumn>(`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attidentity <> '' or a.attgenerated <> ''
        or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false) as "isGenerated"
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = to_regclass(${literal(table.sql)}) and a.attnum > 0 and not a.attisdropped
    order by a.attnum`);
  if (rows.length === 0)
    throw loadError(
      'TARGET_TABLE_MISSING',
      `there is no table ${table.sql} in the target database; create it (sql/warehouse shows how)`,
    );
  return rows;
}

function getColumn(columns: readonly FoundColumn[], name: string, table: TableName): FoundColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined)
    throw loadError(
      'TARGET_COLUMN_MISSING',
      `${table.sql} has no column ${name}: alter table ${table.sql} add column ${identifier(name)} …`,
    );
  return column;
}

/** Loads find rows by key and rely on there being one: the key must be unique, not only in the description. */
async function requireUniqueKey(
  client: pg.Client,
  target: LoadTarget,
  mapped: readonly TargetColumn[],
): Promise<void> {
  const names = Object.keys(target.key).sort();
  const { rows } = await client.query<{ index: string; names: string[] }>(`
    select i.indexrelid::regclass::text as index, array_agg(a.attname::text order by a.attname) as names
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = to_regclass(${literal(target.current.sql)}) and i.indisunique
      and i.indpred is null and i.indexprs is null
    group by i.indexrelid`);
  const other = rows.find(
    ({ names: unique }) =>
      mapped.some(({ name }) => unique.includes(name)) &&
      !names.every((name) => unique.includes(name)),
  );
  if (other !== undefined)
    throw loadError(
      'TARGET_UNIQUE',
      `${target.current.sql} has a unique index on (${other.names.join(', ')}), which is not its key: two rows ` +
        `that swap such values could not be loaded. Drop it, the source sees to it: drop index ${other.index}`,
    );
  if (rows.some((row) => [...row.names].sort().join() === names.join())) return;
  throw loadError(
    'TARGET_KEY_MISSING',
    `${target.current.sql} has no primary key on (${names.join(', ')}): ` +
      `alter table ${target.current.sql} add primary key (${columnList(names)})`,
  );
}

/** Tables that were there before us get the private columns; their old rows are older than any change. */
async function completeTables(
  client: pg.Client,
  target: LoadTarget,
  found: { readonly current: readonly FoundColumn[]; readonly history: readonly FoundColumn[] },
): Promise<void> {
  const add = (table: TableName, name: string, type: string): Promise<unknown> =>
    client.query(`alter table ${table.sql} add column ${name} ${type}`);
  const missing = (columns: readonly FoundColumn[]): readonly string[] =>
    PRIVATE_COLUMNS.filter((name) => !columns.some((column) => column.name === name));
  for (const name of missing(found.current))
    await add(target.current, name, 'bigint not null default -1');
  if (!found.current.some(({ name }) => name === PARTITION_COLUMN))
    await add(target.current, PARTITION_COLUMN, `bigint not null default ${UNKNOWN_PARTITION}`);
  if (target.history === undefined) return;
  for (const name of missing(found.history)) await add(target.history, name, 'bigint');
  await createEventIndex(client, target.history, Object.keys(target.key));
}

/** Position first: the index then grows at its right end. Rows from before us have no position and are not in it. */
async function createEventIndex(
  client: pg.Client,
  history: TableName,
  key: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ names: string[] }>(`
    select array(select a.attname::text
                 from unnest(i.indkey) with ordinality k (attnum, place)
                 join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                 order by k.place) as names
    from pg_index i
    where i.indrelid = to_regclass(${literal(history.sql)}) and i.indisunique
      and i.indpred is null and i.indexprs is null`);
  const wanted = ['_v1', '_v2', ...key].join();
  if (rows.some((row) => row.names.join() === wanted)) return;
  await client.query(
    `create unique index ${eventIndex(history)} on ${history.sql} (_v1, _v2, ${columnList(key)})`,
  );
}

async function targetId(client: pg.Client, target: LoadTarget): Promise<number> {
  const name = literal(target.current.word);
  const found = await client.query<{ id: number }>(
    `insert into tidegate.target (name) values (${name})
     on conflict (name) do update set name = excluded.name returning id`,
  );
  const row = found.rows[0];
  if (row === undefined) throw loadError('TARGET_TABLE_MISSING', `no target row for ${name}`);
  return row.id;
}

function privateTables(
  target: LoadTarget,
  shape: TargetShape,
  current: readonly FoundColumn[],
): string {
  const declare = (name: string): string =>
    `${identifier(name)} ${getColumn(current, name, target.current).type}`;
  const key = shape.key.map(({ name }) => name);
  const dirty = target.groups.map(
    (group) =>
      `create table if not exists ${dirtyTable(target.current, group)} (${group.map(declare).join(', ')})`,
  );
  return [
    `create table if not exists ${deletedTable(target.current)} (
       ${key.map(declare).join(', ')}, _v1 bigint not null, _v2 bigint not null, _gen bigint not null,
       primary key (${columnList(key)}))`,
    `create index if not exists ${generationIndex('deleted', target.current)}
       on ${deletedTable(target.current)} (_gen)`,
    ...(target.history === undefined ? [] : unmappedTables(target.current, key.map(declare), key)),
    ...dirty,
  ].join(';\n');
}

function unmappedTables(
  current: TableName,
  declared: readonly string[],
  key: readonly string[],
): string[] {
  return [
    `create table if not exists ${unmappedTable(current)} (
       ${declared.join(', ')}, _v1 bigint not null, _v2 bigint not null, _gen bigint not null,
       primary key (_v1, _v2, ${columnList(key)}))`,
    `create index if not exists ${generationIndex('unmapped', current)}
       on ${unmappedTable(current)} (_gen)`,
  ];
}
