import mysql from 'mysql2/promise';

import { clockMs } from '../dags/clock.ts';

export interface OpenLoop {
  readonly sourceUrl: string;
  readonly changes: number;
  /** Changes a second. */
  readonly rate: number;
}

/** Commits of different connections go to disk together; one alone could not keep up with 1,000 a second. */
const CONNECTIONS = 4;
/** As many as the events of cdc-postgres have. A user's statistics cost by how many accounts they hold. */
const USERS = 20_000;

/**
 * Change `n` inserts the account `bench n`, each in a transaction of its own, due at its time whatever became
 * of the one before. Answers when each commit was answered, on `clockMs`.
 */
export async function writeOpenLoop({ sourceUrl, changes, rate }: OpenLoop): Promise<number[]> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => mysql.createConnection(sourceUrl)),
  );
  const committedAt: number[] = [];
  const pending: Promise<void>[] = [];
  const startedAt = clockMs() + 500;
  for (let change = 0; change < changes; change += 1) {
    const waitMs = startedAt + (change * 1_000) / rate - clockMs();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const connection = connections[change % CONNECTIONS] as mysql.Connection;
    pending.push(
      connection
        .execute('insert into bankdb.bank_accounts (user_id, account) values (?, ?)', [
          5_000 + (change % USERS),
          `bench ${change}`,
        ])
        .then(() => {
          committedAt[change] = clockMs();
        }),
    );
  }
  await Promise.all(pending);
  await Promise.all(connections.map((connection) => connection.end()));
  return committedAt;
}
