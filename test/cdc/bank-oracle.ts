import type { MemoryLog } from './bank-events.ts';
import type { BankWarehouse } from './bank-warehouse.ts';

interface Event {
  readonly version: readonly [string, number, number, number];
  readonly id: string;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly user: string;
  readonly account: string;
}

interface Tables {
  readonly history: string[];
  readonly current: string[];
  readonly stats: string[];
}

/** What the tables must hold, recomputed from a whole log in the plainest way. */
export function expectedTables(log: MemoryLog): Tables {
  const events = new Map<string, Event>();
  for (const { value } of [...log.partitions.values()].flat())
    for (const event of value === null ? [] : eventsOf(value)) events.set(idOf(event), event);
  const newest = new Map<string, Event>();
  for (const event of events.values()) {
    const known = newest.get(event.id);
    if (known === undefined || compare(event, known) >= 0) newest.set(event.id, event);
  }
  const living = [...newest.values()].filter(({ operation }) => operation !== 'DELETE');
  const counts = new Map<string, number>();
  for (const { user } of living) counts.set(user, (counts.get(user) ?? 0) + 1);
  return {
    history: [...events.values()]
      .map((event) => [...event.version.slice(0, 3), event.operation, rowText(event)].join('|'))
      .sort(),
    current: living.map(rowText).sort(),
    stats: [...counts].map(([user, count]) => `${user}|${count}`).sort(),
  };
}

/** What the tables hold, in the same form. */
export async function actualTables(warehouse: BankWarehouse): Promise<Tables> {
  const texts = async (expression: string, table: string): Promise<string[]> =>
    (await warehouse.rows(`select ${expression} as text from ${table}`))
      .map(({ text }) => text as string)
      .sort();
  const row = `original_id || '|' || user_id || '|' || account`;
  return {
    history: await texts(
      `'mysql-bin.' || lpad((_v1 % 16777216)::text, 6, '0') || '|' || _v2 / 65536 || '|' ||
       (_v2 % 65536) / 4 || '|' || operation_type || '|' || ${row}`,
      'bank_accounts_history',
    ),
    current: await texts(row, 'bank_accounts_current'),
    stats: await texts(`user_id || '|' || account_count`, 'user_account_stats'),
  };
}

function eventsOf(value: Buffer): Event[] {
  const { op, before, after, source } = JSON.parse(value.toString()) as Envelope;
  const event = (operation: Event['operation'], rank: number, row: Row): Event => ({
    version: [source.file, source.pos, source.row, rank],
    id: String(row.id),
    operation,
    user: String(row.user_id),
    account: row.account,
  });
  if (op === 'd' && before) return [event('DELETE', 1, before)];
  if (!after) return [];
  if (op === 'r') return [event('INSERT', 0, after)];
  if (op === 'c') return [event('INSERT', 2, after)];
  if (before && before.id !== after.id)
    return [event('DELETE', 1, before), event('INSERT', 2, after)];
  return [event('UPDATE', 3, after)];
}

function rowText({ id, user, account }: Event): string {
  return `${id}|${user}|${account}`;
}

function idOf({ version, id }: Event): string {
  return [...version, id].join('|');
}

function compare(a: Event, b: Event): number {
  const [fileA, ...restA] = a.version;
  const [fileB, ...restB] = b.version;
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  for (const [index, value] of restA.entries()) {
    const difference = value - (restB[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

interface Row {
  readonly id: number;
  readonly user_id: number;
  readonly account: string;
}

interface Envelope {
  readonly op: string;
  readonly before: Row | null;
  readonly after: Row | null;
  readonly source: { readonly file: string; readonly pos: number; readonly row: number };
}
