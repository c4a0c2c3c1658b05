import type { Change, Values } from '../../cdc/change.ts';
import { RecordError } from '../../cdc/errors.ts';
import { deletedTable, type LoadTarget } from './load-target.ts';
import { aboveFloor } from './snapshot-end-statements.ts';
import { identifier, literal } from './sql-text.ts';
import type { StagedRow } from './staged-row.ts';
import { sameKey } from './statement-parts.ts';
import type { TargetShape } from './target-shape.ts';

/**
 * Values a change did not touch and the source left out. Where a mapping passes the placeholder on, the
 * target's column is *kept*: the row's newest older change in the chunk has the value, else current has it.
 *
 * Current has the right one as long as the changes before have been loaded: a first load out of order may
 * keep an older value. History keeps what an earlier load wrote for the event, and is null where current is
 * already past it.
 */

/** The target's columns that pass a left-out value on. Throws `VALUE_UNAVAILABLE` for those computed from one. */
export function keptColumns(
  mapRow: (row: Values) => Values | null,
  change: Change,
  mapped: Values,
): readonly string[] {
  // A second placeholder tells what depends on the first.
  const other: Values = { ...change.row };
  for (const name of change.unchanged ?? []) other[name] = otherThan(change.row[name]);
  const again = mapRow(other);
  if (again === null) throw unavailable(change, 'whether the row has a place');
  return Object.keys(mapped).filter((column) => {
    const [first, second] = [mapped[column], again[column]];
    if (isSame(first, second)) return false;
    const isPassedOn = (change.unchanged ?? []).some(
      (name) => change.row[name] === first && other[name] === second,
    );
    if (!isPassedOn) throw unavailable(change, `column ${column}`);
    return true;
  });
}

function otherThan(value: unknown): unknown {
  return Buffer.isBuffer(value) ? Buffer.concat([value, value]) : `${String(value)}.`;
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'object' || typeof b === 'object')
    return JSON.stringify(a) === JSON.stringify(b);
  return a === b;
}

function unavailable({ unchanged }: Change, what: string): RecordError {
  return new RecordError(
    'VALUE_UNAVAILABLE',
    `the row mapping computes ${what} from ${unchanged?.join(', ') ?? ''}, which the source left out as unchanged`,
  );
}

/** Takes left-out values from older changes of the same keys in the chunk, where these have them. */
export function fillKept(rows: readonly StagedRow[], shape: TargetShape): readonly StagedRow[] {
  if (rows.every(({ kept }) => kept === undefined)) return rows;
  const newest = new Map<unknown, StagedRow>();
  const filled = new Map<StagedRow, StagedRow>();
  const inOrder = [...rows].sort((a, b) => a.v1 - b.v1 || a.v2 - b.v2);
  for (const row of inOrder) {
    const before = newest.get(row.key);
    const whole = before === undefined ? row : filledFrom(row, before, shape);
    filled.set(row, whole);
    if (row.op !== 'x') newest.set(row.key, whole);
  }
  return rows.map((row) => filled.get(row) ?? row);
}

function filledFrom(row: StagedRow, before: StagedRow, shape: TargetShape): StagedRow {
  if (row.kept === undefined) return row;
  const fields = [...row.fields];
  const kept = row.kept.filter((column) => {
    if (before.kept?.includes(column) === true) return true;
    const index = shape.key.length + shape.mapped.findIndex(({ name }) => name === column);
    fields[index] = before.fields[index] ?? null;
    return false;
  });
  return { ...row, fields, kept: kept.length === 0 ? undefined : kept };
}

/** Constraint of the stage that a row violates when its left-out values are nowhere to be had. */
export const UNCHANGED_VALUE_KNOWN = 'unchanged_value_known';

/** Columns of the stage for this; null unless a row has kept columns. */
export const KEPT_COLUMNS = `_kept text[], _lacks text[] constraint ${UNCHANGED_VALUE_KNOWN} check (_lacks is null)`;

/** `tg_keep` looks the kept columns up; `tg_lacks` refuses rows that would come to current without them. */
export function keptStatements(target: LoadTarget, shape: TargetShape): string[] {
  if (shape.mapped.length === 0) return [];
  const key = shape.key.map(({ name }) => name);
  const from = (alias: string): string =>
    shape.mapped
      .map(({ name }) => {
        const column = identifier(name);
        const kept = `coalesce(s.${column}, ${alias}.${column})`;
        return `${column} = case when ${literal(name)} = any (s._kept) then ${kept} else s.${column} end`;
      })
      .join(', ');
  const history = target.history?.sql;
  return [
    ...(history === undefined
      ? []
      : [
          `prepare tg_keep_history as update tidegate_stage s set ${from('h')} from ${history} h
           where s._kept is not null and h._v1 = s._v1 and h._v2 = s._v2 and ${sameKey(key, 'h')}`,
        ]),
    `prepare tg_keep as update tidegate_stage s set ${from('c')} from ${target.current.sql} c
       where s._kept is not null and ${sameKey(key, 'c')} and (c._v1, c._v2) <= (s._v1, s._v2)`,
    `prepare tg_lacks (text) as update tidegate_stage s set _lacks = s._kept
       where s._kept is not null and s._last and s._op in ('r', 'c', 'u')
         and (s._v1, s._v2) > (select truncated_v1, truncated_v2 from tidegate.target where id = ${shape.id})
         and ${aboveFloor(shape, '$1')}
         and not exists (select from ${target.current.sql} c where ${sameKey(key, 'c')})
         and not exists (select from ${deletedTable(target.current)} d
           where ${sameKey(key, 'd')} and (d._v1, d._v2) > (s._v1, s._v2))`,
  ];
}
