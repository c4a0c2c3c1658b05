/** A column's type, parsed from the text that both information_schema and a row event's metadata use. */
export interface ColumnType {
  /** Lower case, no length: `bigint`, `varchar`, `datetime`, `uuid`. */
  readonly base: string;
  readonly unsigned: boolean;
  /** `decimal(10,2)` → 10; `datetime(3)` → 3; `binary(16)` → 16. */
  readonly length: number | undefined;
  /** `decimal(10,2)` → 2. */
  readonly scale: number | undefined;
}

const SYNONYMS: Readonly<Record<string, string>> = {
  integer: 'int',
  numeric: 'decimal',
  real: 'double',
};

/** `bigint(20) unsigned` → `{ base: 'bigint', unsigned: true, length: 20 }`. */
export function parseColumnType(text: string): ColumnType {
  const lower = text.toLowerCase();
  const match = /^([a-z0-9]+)\s*(?:\(([^)]*)\))?/.exec(lower);
  const word = match?.[1] ?? lower;
  const isList = word === 'enum' || word === 'set';
  const numbers = isList ? [] : (match?.[2] ?? '').split(',').map(Number);
  return {
    base: SYNONYMS[word] ?? word,
    unsigned: !isList && lower.includes(' unsigned'),
    length: toLength(numbers[0]),
    scale: toLength(numbers[1]),
  };
}

function toLength(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) || value === 0 ? undefined : value;
}

/** Types that one of the two readers gives with loss or in another form: refused by name. */
const UNSUPPORTED = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
  'vector',
  'inet6',
]);

export function isSupported(type: ColumnType): boolean {
  return !UNSUPPORTED.has(type.base);
}

/** Key types that a chunked snapshot can walk: ordered the same by `order by` and by comparison. */
const WALKABLE = new Set([
  ...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year'],
  ...['char', 'varchar', 'binary', 'varbinary', 'uuid', 'inet4'],
  ...['date', 'datetime', 'timestamp', 'time'],
]);

export function isWalkable(type: ColumnType): boolean {
  return WALKABLE.has(type.base);
}
