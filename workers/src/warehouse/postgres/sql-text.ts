import pg from 'pg';

import { loadError } from './errors.ts';

/** Identifiers and literals in SQL text. Names come from task descriptions, so they are quoted all the same. */

const NAME = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

export function identifier(name: string): string {
  return pg.escapeIdentifier(name);
}

export function literal(text: string): string {
  return pg.escapeLiteral(text);
}

/** A table as an author names it, `orders` or `sales.orders`. */
export interface TableName {
  /** Quoted, for use in statements. */
  readonly sql: string;
  /** One word for names derived from it: `orders`, `sales__orders`. */
  readonly word: string;
}

/** Throws `TARGET_NAME_INVALID`. */
export function tableName(name: string): TableName {
  const parts = name.split('.');
  if (parts.length > 2 || !parts.every((part) => NAME.test(part)))
    throw loadError(
      'TARGET_NAME_INVALID',
      `"${name}" is no table name: letters, digits and underscores, with a schema in front if need be`,
    );
  const named = parts[0] === 'public' ? parts.slice(1) : parts;
  return { sql: parts.map(identifier).join('.'), word: named.join('__') };
}

/** A table of ours beside a target's: `tidegate.dirty_<target>`. Throws `TARGET_NAME_INVALID`. */
export function privateTable(prefix: string, word: string): string {
  const name = `${prefix}_${word}`;
  if (name.length > 63)
    throw loadError('TARGET_NAME_INVALID', `"${name}" is longer than a table name can be (63)`);
  return `tidegate.${identifier(name)}`;
}

export function columnList(names: readonly string[], prefix = ''): string {
  return names.map((name) => prefix + identifier(name)).join(', ');
}
