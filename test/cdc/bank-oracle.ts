import type { MemoryLog } from './bank-events.ts';
import type { BankWarehouse } from './bank-warehouse.ts';

type Version = readonly [string, number, number, number];

interface Event {
  readonly version: Version;
  readonly partition: number;
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
  const floors = new Map<number, Version>();
  for (const { value, partition } of [...log.partitions.values()].flat()) {
    if (value === null) continue;
    for (const event of eventsOf(value, partition)) events.set(idOf(event), event);
    const floor = floorOf(value);
    const known = floors.get(partition);
    if (floor !== undefined && (known === undefined || compare(floor, known) > 0))
      floors.set(partition, floor);
  }
  const newest = new Map<string, Event>();
  for (const event of events.values()) {
    const known = newest.get(event.id);
    if (known === undefined || compare(event.version, known.version) >= 0)
      newest.set(event.id, event);
  }
  const living = [...newest.values()].filter(({ operation, version, partition }) => {
    const floor = floors.get(partition);
    return operation !== 'DELETE' && (floor === undefined || compare(version, floor) >= 0);
  });
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

/** Below this nothing of the partition is living: what a re-snapshot that ended here did not find is gone. */
function floorOf(value: Buffer): Version | undefined {
  const { op, source, message } = JSON.parse(value.toString()) as Envelope;
  if (op !== 'm' || message?.prefix !== 'tidegate.snapshot.completed') return undefined;
  return [source.file, source.pos, 0, 0];
}

function eventsOf(value: Buffer, partition: number): Event[] {
  const { op, before, after, source } = JSON.parse(value.toString()) as Envelope;
  const event = (operation: Event['operation'], rank: number, row: Row): Event => ({
    version: [source.file, source.pos, source.row, rank],
    partition,
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

function compare([fileA, ...restA]: Version, [fileB, ...restB]: Version): number {
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
  readonly message?: { readonly prefix: string };
}
