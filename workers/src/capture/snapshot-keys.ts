import mysql from 'mysql2';

import { quoteName } from './source-connection.ts';
import type { ColumnDefinition } from './table-layout.ts';

/** A primary key as text parts that survive JSON: bytes as hex, everything else as the server's text. */
export type KeyText = readonly string[];

const NUMERIC = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year']);

export function toKeyText(values: readonly unknown[]): KeyText {
  return values.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : String(value)));
}

/**
 * One part as SQL. Numbers are not quoted: against a quoted one the server compares as doubles, and two
 * keys beyond 2^53 would be equal.
 */
function toLiteral(column: ColumnDefinition, text: string): string {
  const { base } = column.type;
  if (NUMERIC.has(base) && /^-?\d+(\.\d+)?$/.test(text)) return text;
  if (base === 'binary' || base === 'varbinary') return `x'${text.replace(/[^0-9a-f]/g, '')}'`;
  return mysql.escape(text);
}

/**
 * `key > bound` (or `<=`) over all parts, written out: servers do not use an index for row constructors.
 * `(a > 1 or (a = 1 and b > 2))`.
 */
export function compareKey(
  columns: readonly ColumnDefinition[],
  bound: KeyText,
  operator: '>' | '<=',
): string {
  const strict = operator === '>' ? '>' : '<';
  const lastIndex = columns.length - 1;
  let condition = '';
  for (let i = lastIndex; i >= 0; i -= 1) {
    const column = columns[i] as ColumnDefinition;
    const name = quoteName(column.name);
    const literal = toLiteral(column, bound[i] ?? '');
    condition =
      i === lastIndex
        ? `${name} ${operator} ${literal}`
        : `(${name} ${strict} ${literal} or (${name} = ${literal} and ${condition}))`;
  }
  return condition;
}

export function keyList(columns: readonly ColumnDefinition[], suffix = ''): string {
  return columns.map((column) => quoteName(column.name) + suffix).join(', ');
}
