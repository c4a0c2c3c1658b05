import { deletedTable, dirtyTable, unmappedTable, type LoadTarget } from './load-target.ts';
import { aboveFloor, snapshotEndStatements } from './snapshot-end-statements.ts';
import { columnList, identifier, type TableName } from './sql-text.ts';
import { generation, sameKey, streamPartition } from './statement-parts.ts';
import type { TargetColumn, TargetShape } from './target-shape.ts';
import { KEPT_COLUMNS, keptStatements } from './unchanged-values.ts';

/**
 * The statements of a load, prepared once a connection under the names of this file, in the order in which
 * `load-message.ts` executes them. Stage rows carry `_op` (r, c, u, d, or x for a change that maps to
 * nothing) and `_last`, true for the newest change of its key in the chunk.
 *
 * Guards compare (`_v1`, `_v2`, `_gen`) with `<=`: a re-run with a changed transform applies, a load that is
 * overtaken does not, and a newer row is never regressed.
 */
export function loadStatements(target: LoadTarget, shape: TargetShape): string {
  return [
    stageTable(shape),
    stageLiterals(shape),
    ...bookkeeping(shape),
    ...(target.history ? historyStatements(target, shape, target.history) : []),
    ...currentStatements(target, shape),
    ...truncateStatements(target, shape),
    ...snapshotEndStatements(target, shape),
    ...keptStatements(target, shape),
  ].join(';\n');
}

/** Order of the stage's columns, and of the fields `stage-rows.ts` writes. */
export function stageColumns(shape: TargetShape): readonly TargetColumn[] {
  return [
    { name: '_v1', type: 'bigint' },
    { name: '_v2', type: 'bigint' },
    { name: '_op', type: 'text' },
    { name: '_last', type: 'boolean' },
    { name: '_at', type: 'timestamptz' },
    { name: '_partition', type: 'int' },
    ...shape.key,
    ...shape.mapped,
  ];
}

/** How rows are copied into the stage; with the kept columns only where a row has some. */
export function copyStatement(shape: TargetShape, hasKept: boolean): string {
  const kept = hasKept ? ', _kept' : '';
  return `copy tidegate_stage (${columnNames(stageColumns(shape))}${kept}) from stdin`;
}

function stageTable(shape: TargetShape): string {
  const columns = stageColumns(shape).map(({ name, type }) => `${identifier(name)} ${type}`);
  return `create temp table tidegate_stage (${columns.join(', ')}, ${KEPT_COLUMNS}) on commit delete rows`;
}

/** Small chunks come as one array a column inside the load message itself. */
function stageLiterals(shape: TargetShape): string {
  const columns = stageColumns(shape);
  const types = columns.map(({ type }) => `${type}[]`).join(', ');
  const values = columns.map((_, index) => `$${index + 1}`).join(', ');
  return `prepare tg_stage (${types}) as
    insert into tidegate_stage (${columnNames(columns)}) select * from unnest(${values})`;
}

function columnNames(columns: readonly TargetColumn[]): string {
  return columnList(columns.map(({ name }) => name));
}

function bookkeeping({ id }: TargetShape): string[] {
  return [
    // `topic || ''` leaves no index but that of the load: on an empty ledger one by topic looks as good, and stays.
    `prepare tg_open (text, text) as select
       coalesce((select json_agg(json_build_array(partition, from_offset, to_offset,
                   records, changes, ignored, quarantined) order by partition, from_offset)
                 from tidegate.ledger where target = ${id} and load_id = $1 and topic || '' = $2), '[]') as parts,
       (select kind from tidegate.stream where target = ${id} and topic = $2) as kind,
       coalesce((select json_agg(json_build_object('partition', partition, 'fromOffset', from_offset,
                   'epoch', epoch)) from tidegate.stream_epoch where topic = $2), '[]') as epochs,
       coalesce((select json_agg(json_build_object('partition', partition, 'offset', record_offset,
                   'v1', v1, 'v2', v2, 'fileBase', file_base, 'changedAtMs', changed_at_ms))
                 from tidegate.stream_position where target = ${id} and topic = $2), '[]') as positions`,
    `prepare tg_fence (text, bigint) as
       insert into tidegate.fence as f (task_instance, token) values ($1, $2)
       on conflict (task_instance) do update
       set token = excluded.token, seen_at = now(), is_current = excluded.token >= f.token`,
    `prepare tg_kind (text, text) as
       insert into tidegate.stream as s (target, topic, kind) values (${id}, $1, $2)
       on conflict (target, topic) do update set is_unchanged = excluded.kind = s.kind`,
    `prepare tg_load (text) as
       insert into tidegate.load (target, load_id, generation)
       select ${id}, $1, coalesce(max(generation), 0) + 1 from tidegate.load where target = ${id}
       on conflict (target, load_id) do nothing`,
    `prepare tg_ledger (text, text, int, bigint, bigint, bigint, bigint, bigint, bigint) as
       insert into tidegate.ledger (target, load_id, topic, partition, from_offset, to_offset,
         records, changes, ignored, quarantined)
       -- Once more for each part it overlaps: that breaks the key, as the same part does.
       select ${id}, $1, $2, $3, $4, $5, $6, $7, $8, $9
         from generate_series(0, (select count(*) from tidegate.ledger
                where target = ${id} and load_id = $1 and topic = $2 and partition = $3
                  and from_offset < $5 and to_offset > $4))`,
    `prepare tg_position (text, int, bigint, bigint, bigint, text, double precision) as
       insert into tidegate.stream_position as p (target, topic, partition, record_offset, v1, v2, file_base, changed_at_ms)
       values (${id}, $1, $2, $3, $4, $5, $6, $7)
       on conflict (target, topic, partition) do update set record_offset = excluded.record_offset,
         v1 = excluded.v1, v2 = excluded.v2, file_base = excluded.file_base, changed_at_ms = excluded.changed_at_ms
       where p.record_offset < excluded.record_offset`,
    `prepare tg_resolve (text, int, bigint, bigint) as
       update tidegate.quarantine set resolved_at = now()
       where target = ${id} and topic = $1 and partition = $2
         and record_offset >= $3 and record_offset < $4 and resolved_at is null`,
    `prepare tg_quarantine (text, text, int, bigint, bytea, bytea, jsonb, double precision, text, text) as
       insert into tidegate.quarantine as q (target, load_id, topic, partition, record_offset,
         record_key, record_value, record_headers, record_at, error_code, error)
       values (${id}, $1, $2, $3, $4, $5, $6, $7, to_timestamp($8 / 1000), $9, $10)
       on conflict (target, topic, partition, record_offset) do update
       set load_id = excluded.load_id, error_code = excluded.error_code, error = excluded.error,
         quarantined_at = now(), resolved_at = null`,
  ];
}

/**
 * An event that maps to nothing has no row, so nothing of it could be compared with: it is remembered with
 * the load that said so, lest an older load bring it back. Such a memory is rarely above a load's generation,
 * which costs one look at its index a load.
 */
function historyStatements(
  target: LoadTarget,
  shape: TargetShape,
  { sql: history }: TableName,
): string[] {
  const into = columnsInto(shape, shape.historyExtras);
  const key = shape.key.map(({ name }) => name);
  const unmapped = unmappedTable(target.current);
  const gen = generation(shape);
  return [
    `prepare tg_history (text) as
       insert into ${history} as h (${columnList(into)})
       select ${valuesFor(shape, into)} from tidegate_stage s where s._op <> 'x'
         and (not exists (select from ${unmapped} where _gen > ${gen})
           or not exists (select from ${unmapped} u where u._v1 = s._v1 and u._v2 = s._v2
             and ${sameKey(key, 'u')} and u._gen > ${gen}))
       on conflict (_v1, _v2, ${columnList(key)}) do update set ${assignments(into, key)}
       where h._gen <= excluded._gen`,
    `prepare tg_unhistory (text) as
       delete from ${history} h using tidegate_stage s
       where s._op = 'x' and h._v1 = s._v1 and h._v2 = s._v2 and ${sameKey(key, 'h')}
         and h._gen <= ${gen}`,
    `prepare tg_unmapped (text) as
       insert into ${unmapped} as u (${columnList(key)}, _v1, _v2, _gen)
       select ${columnList(key, 's.')}, s._v1, s._v2, ${gen} from tidegate_stage s where s._op = 'x'
       on conflict (_v1, _v2, ${columnList(key)}) do update set _gen = excluded._gen
       where u._gen < excluded._gen`,
  ];
}

function currentStatements(target: LoadTarget, shape: TargetShape): string[] {
  const current = target.current.sql;
  const deleted = deletedTable(target.current);
  const into = [...columnsInto(shape, shape.currentExtras), '_partition'];
  const key = shape.key.map(({ name }) => name);
  const gen = generation(shape);
  return [
    ...target.groups.map((group, index) => touchStatement(target, { group, index, key })),
    `prepare tg_upsert (text, text) as
       insert into ${current} as c (${columnList(into)})
       select ${valuesFor(shape, into)} from tidegate_stage s
       where s._last and s._op in ('r', 'c', 'u')
         and (s._v1, s._v2) > (select truncated_v1, truncated_v2 from tidegate.target where id = ${shape.id})
         and ${aboveFloor(shape, '$2')}
         and not exists (select from ${deleted} d
           where ${sameKey(key, 'd')} and (d._v1, d._v2, d._gen) > (s._v1, s._v2, ${gen}))
       on conflict (${columnList(key)}) do update set ${assignments(into, key)}
       where (c._v1, c._v2, c._gen) <= (excluded._v1, excluded._v2, excluded._gen)`,
    `prepare tg_delete (text) as
       delete from ${current} c using tidegate_stage s
       where s._last and s._op in ('d', 'x') and ${sameKey(key, 'c')}
         and (c._v1, c._v2, c._gen) <= (s._v1, s._v2, ${gen})`,
    `prepare tg_deleted (text) as
       insert into ${deleted} as d (${columnList(key)}, _v1, _v2, _gen)
       select ${columnList(key, 's.')}, s._v1, s._v2, ${gen} from tidegate_stage s
       where s._last and s._op in ('d', 'x')
       on conflict (${columnList(key)}) do update
       set _v1 = excluded._v1, _v2 = excluded._v2, _gen = excluded._gen
       where (d._v1, d._v2, d._gen) <= (excluded._v1, excluded._v2, excluded._gen)`,
  ];
}

/** Groups of the rows about to go or change, and of those to come. Runs before current is written. */
function touchStatement(
  target: LoadTarget,
  { group, index, key }: { group: readonly string[]; index: number; key: readonly string[] },
): string {
  const someGroup = group.map((name) => `t.${identifier(name)} is not null`).join(' and ');
  return `prepare tg_touch_${index} as
    insert into ${dirtyTable(target.current, group)}
    select * from (
      select ${columnList(group, 'c.')} from tidegate_stage s
      join ${target.current.sql} c on ${sameKey(key, 'c')} where s._last
      union
      select ${columnList(group, 's.')} from tidegate_stage s
      where s._last and s._op in ('r', 'c', 'u')) t
    where ${someGroup}`;
}

/** A truncate removes what is older, and is remembered: what comes later but is older stays away too. */
function truncateStatements(target: LoadTarget, { id }: TargetShape): string[] {
  const older = `(_v1, _v2) < ($1, $2)`;
  return [
    `prepare tg_truncated (bigint, bigint) as
       update tidegate.target set truncated_v1 = $1, truncated_v2 = $2
       where id = ${id} and (truncated_v1, truncated_v2) < ($1, $2)`,
    ...target.groups.map(
      (group, index) => `prepare tg_truncate_touch_${index} (bigint, bigint) as
       insert into ${dirtyTable(target.current, group)}
       select distinct ${columnList(group)} from ${target.current.sql}
       where ${older} and ${group.map((name) => `${identifier(name)} is not null`).join(' and ')}`,
    ),
    `prepare tg_truncate (bigint, bigint) as delete from ${target.current.sql} where ${older}`,
  ];
}

function columnsInto(shape: TargetShape, extras: readonly string[]): string[] {
  const named = [...shape.key, ...shape.mapped].map(({ name }) => name);
  return [...named, ...extras, '_v1', '_v2', '_gen'];
}

function valuesFor(shape: TargetShape, into: readonly string[]): string {
  const special: Readonly<Record<string, string>> = {
    operation_type: `case s._op when 'd' then 'DELETE' when 'u' then 'UPDATE' else 'INSERT' end`,
    change_timestamp: 's._at',
    is_snapshot: `s._op = 'r'`,
    _gen: generation(shape),
    _partition: streamPartition(shape, '$2', 's._partition'),
  };
  return into.map((name) => special[name] ?? `s.${identifier(name)}`).join(', ');
}

function assignments(into: readonly string[], key: readonly string[]): string {
  return into
    .filter((name) => !key.includes(name))
    .map((name) => `${identifier(name)} = excluded.${identifier(name)}`)
    .join(', ');
}
