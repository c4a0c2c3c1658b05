import type { Change, Values } from '../../cdc/change.ts';
import { RecordError } from '../../cdc/errors.ts';
import { timestampText } from '../../cdc/time-text.ts';
import { loadError } from './errors.ts';
import type { LoadTarget } from './load-target.ts';
import type { TargetShape } from './target-shape.ts';
import { keptColumns } from './unchanged-values.ts';

/** A change as it goes to the stage. Fields are PostgreSQL's text of the target's key and mapped columns. */
export interface StagedRow {
  readonly op: string;
  readonly v1: number;
  readonly v2: number;
  readonly at: string;
  /** Equal for equal target keys. */
  readonly key: unknown;
  readonly fields: readonly (string | null)[];
  readonly partition: number;
  readonly offset: number;
  /** Columns that keep the value they have, see `unchanged-values.ts`. */
  readonly kept: readonly string[] | undefined;
  /** The newest change of its key in the chunk. */
  isLast: boolean;
}

/** Pure: the target's columns for a row, or null to have none. Typed at the edge, see `cdc/load-changes.ts`. */
export type MapRow = (row: Values, change: Change) => Values | null;

/** Compiles what turns a change into a staged row. Throws `RecordError` for one record, `MAP_INCOMPLETE` for all. */
export function rowStager(
  target: LoadTarget,
  shape: TargetShape,
  map: MapRow,
): (change: Change) => StagedRow {
  const sources = shape.key.map(({ name }) => target.key[name] ?? name);
  const onlySource = sources.length === 1 ? sources[0] : undefined;
  const names = shape.mapped.map(({ name }) => name);
  const nothing = names.map(() => null);
  const atText = instantTexts();
  let isChecked = false;
  return (change) => {
    const mapped = applyMap(map, change);
    if (mapped !== null && !isChecked) {
      requireSameColumns(names, mapped);
      isChecked = true;
    }
    const kept = mapped === null ? undefined : findKept(map, change, mapped);
    const fields: (string | null)[] = [];
    for (const source of sources) fields.push(fieldText(source, change.row[source]));
    if (mapped === null) fields.push(...nothing);
    else
      for (const name of names)
        fields.push(kept?.includes(name) ? null : fieldText(name, mapped[name]));
    return {
      op: mapped === null ? 'x' : change.op,
      v1: change.v1,
      v2: change.v2,
      at: atText(change.changedAtMs),
      key: onlySource === undefined ? fields.slice(0, sources.length).join('\0') : fields[0],
      fields,
      partition: change.partition,
      offset: change.offset,
      kept,
      isLast: false,
    };
  };
}

/** Marks the newest row of each key, and drops all but the latest row of an event that came more than once. */
export function foldRows(rows: readonly StagedRow[]): readonly StagedRow[] {
  const newest = new Map<unknown, StagedRow>();
  let isRising = true;
  for (const row of rows) {
    row.isLast = false;
    const known = newest.get(row.key);
    if (known === undefined || isNewer(row, known)) newest.set(row.key, row);
    else isRising = false;
  }
  if (!isRising) {
    const once = withoutRepeats(rows);
    if (once.length < rows.length) return foldRows(once);
  }
  for (const row of newest.values()) row.isLast = true;
  return rows;
}

function withoutRepeats(rows: readonly StagedRow[]): StagedRow[] {
  const byEvent = new Map<string, StagedRow>();
  for (const row of rows) byEvent.set(`${row.v1}:${row.v2}:${String(row.key)}`, row);
  return [...byEvent.values()];
}

function isNewer(row: StagedRow, other: StagedRow): boolean {
  return row.v1 > other.v1 || (row.v1 === other.v1 && row.v2 > other.v2);
}

function findKept(map: MapRow, change: Change, mapped: Values): readonly string[] | undefined {
  if (change.unchanged === undefined) return undefined;
  const kept = keptColumns((row) => applyMap(map, { ...change, row }), change, mapped);
  return kept.length === 0 ? undefined : kept;
}

function applyMap(map: MapRow, change: Change): Values | null {
  try {
    return map(change.row, change);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecordError('MAP_FAILED', `the row mapping threw: ${reason}`, error);
  }
}

/** PostgreSQL's text of a value, before the escapes of COPY or of array literals. */
function fieldText(name: string, value: unknown): string | null {
  if (typeof value === 'string') {
    if (!value.includes('\0')) return value;
    throw new RecordError('COLUMN_UNREADABLE', `column ${name}: PostgreSQL holds no NUL in text`);
  }
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value === null) return null;
  if (typeof value !== 'object')
    throw new RecordError('MAP_FAILED', `the row mapping gave no value for column ${name}`);
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}

function requireSameColumns(names: readonly string[], mapped: Values): void {
  const missing = names.filter((name) => mapped[name] === undefined);
  const unknown = Object.keys(mapped).filter((name) => !names.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const faults = [
    ...missing.map((name) => `gives nothing for ${name}`),
    ...unknown.map((name) => `gives ${name}, which it may not set or the table lacks`),
  ];
  throw loadError(
    'MAP_INCOMPLETE',
    `the row mapping ${faults.join('; ')}. Map every column; list those the database fills under \`defaults\``,
  );
}

/** Neighbouring changes share their time, so the last text is kept. */
function instantTexts(): (ms: number) => string {
  let lastMs = Number.NaN;
  let lastText = '';
  return (ms) => {
    if (ms === lastMs) return lastText;
    lastMs = ms;
    try {
      lastText = `${timestampText(Math.round(ms * 1000), 'us')}Z`;
    } catch {
      throw new RecordError('COLUMN_UNREADABLE', `the time of the change, ${ms} ms, is no time`);
    }
    return lastText;
  };
}
