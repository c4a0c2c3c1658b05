import { createHash } from 'node:crypto';

import type { TopicLog } from '@tidegate/engine/topic-log';
import type pg from 'pg';

/** Checksums of what the tables hold, one a table, and their row counts. */
export interface TableDigests {
  readonly history: string;
  readonly current: string;
  readonly stats: string;
}

interface Row {
  readonly id: number;
  readonly user_id: number;
  readonly account: string;
}

interface Event {
  readonly op: 'c' | 'u' | 'd' | 'r';
  readonly before: Row | null;
  readonly after: Row | null;
  readonly source: { readonly pos: number };
}

const OPERATIONS = { c: 'INSERT', r: 'INSERT', u: 'UPDATE', d: 'DELETE' } as const;

/** Recomputes the tables from the topic in the plainest way: no code is shared with the loader. */
export async function expectedDigests(log: TopicLog, topic: string): Promise<TableDigests> {
  const history: string[] = [];
  const living = new Map<number, Row>();
  for await (const { op, before, after, source } of eventsOf(log, topic)) {
    const row = (after ?? before) as Row;
    history.push(`${source.pos}|${OPERATIONS[op]}|${rowText(row)}`);
    // A key stays in its partition, so its changes come in order.
    if (op === 'd') living.delete(row.id);
    else living.set(row.id, row);
  }
  const accounts = new Map<number, number>();
  for (const { user_id: user } of living.values())
    accounts.set(user, (accounts.get(user) ?? 0) + 1);
  return {
    history: digest(history),
    current: digest([...living.values()].map(rowText)),
    stats: digest([...accounts].map(([user, count]) => `${user}|${count}`)),
  };
}

async function* eventsOf(log: TopicLog, topic: string): AsyncGenerator<Event> {
  for (const [partition, { start, end }] of await log.bounds(topic))
    for await (const records of log.readRange(topic, partition, { from: start, to: end }))
      yield* records.map(({ value }) => JSON.parse(String(value)) as Event);
}

/** The same of the tables themselves. */
export async function actualDigests(client: pg.Client): Promise<TableDigests> {
  const row = `original_id || '|' || user_id || '|' || account`;
  const lines = async (expression: string, table: string): Promise<string> => {
    const { rows } = await client.query<[string]>({
      text: `select ${expression} from ${table}`,
      rowMode: 'array',
    });
    return digest(rows.map(([line]) => line));
  };
  return {
    history: await lines(
      `_v2 / 65536 || '|' || operation_type || '|' || ${row}`,
      'bank_accounts_history',
    ),
    current: await lines(row, 'bank_accounts_current'),
    stats: await lines(`user_id || '|' || account_count`, 'user_account_stats'),
  };
}

function rowText({ id, user_id: user, account }: Row): string {
  return `${id}|${user}|${account}`;
}

function digest(lines: string[]): string {
  const hash = createHash('md5');
  for (const line of lines.sort()) hash.update(line).update('\n');
  return `${hash.digest('hex')} (${lines.length} rows)`;
}
