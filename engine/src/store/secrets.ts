import type { Json } from '../platform/json.ts';
import type { Sql } from './db.ts';
import type { Seal } from './sealed.ts';

export interface StoredConnection {
  readonly id: string;
  readonly type: string;
  readonly uri: string;
  readonly extra: { readonly [key: string]: Json };
}

export async function findConnection(
  sql: Sql,
  seal: Seal,
  id: string,
): Promise<StoredConnection | undefined> {
  const result = await sql.query<{ type: string; uri: string; extra: StoredConnection['extra'] }>(
    'select type, uri, extra from tidegate.connection where connection_id = $1',
    [id],
  );
  const row = result.rows[0];
  return row === undefined
    ? undefined
    : { id, type: row.type, uri: seal.open(row.uri), extra: row.extra };
}

export async function saveConnection(
  sql: Sql,
  seal: Seal,
  connection: StoredConnection & { readonly description?: string },
): Promise<void> {
  await sql.query(
    `insert into tidegate.connection (connection_id, type, uri, extra, description)
     values ($1, $2, $3, $4, $5)
         on conflict (connection_id) do update
        set type = excluded.type, uri = excluded.uri, extra = excluded.extra,
            description = excluded.description, updated_at = now()`,
    [
      connection.id,
      connection.type,
      seal.seal(connection.uri),
      JSON.stringify(connection.extra),
      connection.description ?? null,
    ],
  );
}

export async function findVariable(sql: Sql, seal: Seal, id: string): Promise<string | undefined> {
  const result = await sql.query<{ value: string }>(
    'select value from tidegate.variable where variable_id = $1',
    [id],
  );
  const row = result.rows[0];
  return row === undefined ? undefined : seal.open(row.value);
}

export async function saveVariable(
  sql: Sql,
  seal: Seal,
  variable: { readonly id: string; readonly value: string; readonly description?: string },
): Promise<void> {
  await sql.query(
    `insert into tidegate.variable (variable_id, value, description)
     values ($1, $2, $3)
         on conflict (variable_id) do update
        set value = excluded.value, description = excluded.description, updated_at = now()`,
    [variable.id, seal.seal(variable.value), variable.description ?? null],
  );
}
