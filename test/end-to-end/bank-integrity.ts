import pg from 'pg';

import type { BankSource } from './bank-source.ts';

/**
 * What is wrong with the warehouse, against the source itself: current equals it row for row, history holds
 * each change once and in its key's order, statistics equal a recount. Empty when nothing is.
 */
export async function findBankFaults(source: BankSource, warehouseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: warehouseUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const texts = async (statement: string): Promise<string[]> =>
      (await client.query<{ text: string }>(statement)).rows.map(({ text }) => text);
    const living = await source.query(
      `select concat_ws('|', id, user_id, account, created_at, updated_at) as text from bank_accounts`,
    );
    const audited = await source.query(
      `select id, concat_ws('|', id, operation, user_id, account) as text from audit order by seq`,
    );
    return [
      ...differences('current', living.map(textOf), await texts(CURRENT)),
      ...differences('history', inOrder(audited), await texts(HISTORY)),
      ...differences('stats', await texts(RECOUNT), await texts(STATS)),
      ...(await texts(QUARANTINE)).map((text) => `quarantined: ${text}`),
    ];
  } finally {
    await client.end();
  }
}

/** True once a row with this id is in current. */
export async function isInCurrent(warehouseUrl: string, id: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: warehouseUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('select from bank_accounts_current where original_id = $1', [
      id,
    ]);
    return found.rowCount === 1;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const CURRENT = `select concat_ws('|', original_id, user_id, account, created_at,
    to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) as text
  from bank_accounts_current`;

/** Each change with its number among the changes of its key; those of the snapshot came before the audit. */
const HISTORY = `select concat_ws('|', row_number() over (partition by original_id order by _v1, _v2),
    original_id, operation_type, user_id, account) as text
  from bank_accounts_history where not is_snapshot`;

const STATS = `select concat_ws('|', user_id, account_count, first_account_at, last_change) as text
  from user_account_stats`;

const RECOUNT = `select concat_ws('|', user_id, count(*), min(created_at), max(change_timestamp)) as text
  from bank_accounts_current group by user_id`;

const QUARANTINE = `select concat_ws(' ', partition, record_offset, error_code, error) as text
  from tidegate.quarantine`;

function inOrder(audited: readonly Record<string, unknown>[]): string[] {
  const numbers = new Map<unknown, number>();
  return audited.map((row) => {
    const number = (numbers.get(row['id']) ?? 0) + 1;
    numbers.set(row['id'], number);
    return `${number}|${textOf(row)}`;
  });
}

function textOf(row: Record<string, unknown>): string {
  return String(row['text']);
}

/** As multisets: what is missing and what is too much, a few of each. */
function differences(
  what: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  const counts = new Map<string, number>();
  for (const text of expected) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const text of actual) counts.set(text, (counts.get(text) ?? 0) - 1);
  const missing = [...counts].filter(([, count]) => count > 0);
  const extra = [...counts].filter(([, count]) => count < 0);
  if (missing.length === 0 && extra.length === 0) return [];
  const some = (list: [string, number][]): string =>
    list
      .slice(0, 5)
      .map(([text, count]) => `${Math.abs(count)} × ${text}`)
      .join(', ');
  return [
    `${what}: ${missing.length} of ${expected.length} missing (${some(missing)}), ` +
      `${extra.length} of ${actual.length} too much (${some(extra)})`,
  ];
}
