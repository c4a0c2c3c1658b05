import type { Sql } from '../db.ts';

/** Both ends of a filter on an instant. */
export interface InstantRange {
  readonly gte?: Date | undefined;
  readonly gt?: Date | undefined;
  readonly lte?: Date | undefined;
  readonly lt?: Date | undefined;
}

const COMPARISONS = [
  ['gte', '>='],
  ['gt', '>'],
  ['lte', '<='],
  ['lt', '<'],
] as const;

/** The `where` of a list: what the caller asked for only, values always as parameters. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  /** Numbers a value and answers its placeholder. */
  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** Adds a condition on a value, unless there is none. */
  add(value: unknown, toSql: (placeholder: string) => string): this {
    if (value !== undefined) this.parts.push(toSql(this.value(value)));
    return this;
  }

  /** Adds a condition without a value. */
  addSql(isWanted: boolean, sql: string): this {
    if (isWanted) this.parts.push(sql);
    return this;
  }

  /** Part of a text, any case; `%` and `_` as in SQL, as Airflow's patterns. */
  addPattern(column: string, pattern: string | undefined): this {
    return this.add(pattern, (placeholder) => `${column} ilike '%' || ${placeholder} || '%'`);
  }

  addRange(column: string, range: InstantRange | undefined): this {
    for (const [name, comparison] of COMPARISONS) {
      this.add(range?.[name], (placeholder) => `${column} ${comparison} ${placeholder}`);
    }
    return this;
  }

  /** Text after `where`. */
  toSql(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join('\n       and ');
  }
}

/** One name of an `order by`, from a list the caller keeps. */
export interface Order<Name extends string> {
  readonly by: Name;
  readonly isDescending: boolean;
}

/** Text after `order by`; `last` makes the order total. */
export function toOrderSql<Name extends string>(
  order: readonly Order<Name>[] | undefined,
  columns: Readonly<Record<Name, string>>,
  last: string,
): string {
  const terms = (order ?? []).map(
    ({ by, isDescending }) => `${columns[by]} ${isDescending ? 'desc' : 'asc'} nulls last`,
  );
  return [...terms, last].join(', ');
}

/** Lists are counted up to here, so that the total of a long history costs no more than that. */
export const MOST_COUNTED = 10_000;

/** What a list is read from, as SQL. */
export interface CountedList {
  readonly columns: string;
  readonly from: string;
  readonly where: Conditions;
  readonly order: string;
  /** What is looked up for the rows of the page only. (Default: nothing) */
  readonly complete?: (page: string) => string;
}

/** A page of a list, with how many rows there are in all (counted up to `MOST_COUNTED`). */
export interface CountedPage<Row> {
  readonly rows: Row[];
  readonly total: number;
}

export async function readCountedPage<Row extends object>(
  sql: Sql,
  { limit, offset }: { readonly limit: number; readonly offset: number },
  { columns, from, where, order, complete = (page) => page }: CountedList,
): Promise<CountedPage<Row>> {
  const counting = [...where.values];
  const page = `
    select ${columns}
      from ${from}
     where ${where.toSql()}
     order by ${order}
     limit ${where.value(limit)} offset ${where.value(offset)}`;
  const [{ rows }, counted] = await Promise.all([
    sql.query<Row>(complete(page), where.values),
    sql.query<{ total: number }>(
      `select count(*) as total
         from (select 1 from ${from} where ${where.toSql()} limit ${MOST_COUNTED}) as counted`,
      counting,
    ),
  ]);
  return { rows, total: counted.rows[0]?.total ?? 0 };
}
