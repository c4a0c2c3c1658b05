import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { CaptureConfig } from '@tidegate/workers/capture';

/** The bank pipeline's source and target, as the seeds name them. */
export const BANK = {
  sourceUser: { user: 'debezium', password: 'dbz', database: 'bankdb' },
  warehouse: { name: 'bankdw', user: 'dwuser', password: 'dwpassword' },
  topic: 'bank.bankdb.bank_accounts',
} as const;

/** SQL files are read by path, from sources and from the build alike. */
const SQL = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../sql');

export const BANK_SOURCE_SQL = path.join(SQL, 'source', 'bankdb.sql');
export const BANK_WAREHOUSE_SQL = path.join(SQL, 'warehouse', 'bankdw.sql');

/** What is captured of `bankdb`. */
export function bankCapture(source: string): CaptureConfig {
  const database = new URL(source).pathname.slice(1) || BANK.sourceUser.database;
  return {
    prefix: 'bank',
    source,
    tables: [{ table: `${database}.bank_accounts`, topic: BANK.topic }],
  };
}
