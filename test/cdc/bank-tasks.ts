import { accounts } from '../../dags/src/bank_accounts/accounts.ts';
import { loadChanges, type RowOf } from '../../workers/src/cdc/index.ts';
import { loadTarget } from '../../workers/src/warehouse/postgres/load-target.ts';

export { loadAccounts } from '../../dags/src/bank_accounts/load.ts';
export { recomputeUserStats } from '../../dags/src/bank_accounts/stats.ts';

/** Where the bank's load goes. */
const TABLES = {
  history: 'bank_accounts_history',
  current: 'bank_accounts_current',
  key: { original_id: 'id' },
  groups: ['user_id'],
  defaults: ['loaded_at'],
} as const;

export const bankTarget = loadTarget(TABLES);

/** The bank's load with another transform of the account's text; null keeps the row out. */
export function loadWith(
  transform: (row: RowOf<typeof accounts>) => string | null,
): ReturnType<typeof loadChanges> {
  return loadChanges({
    connection: 'bankdw',
    table: accounts,
    ...TABLES,
    map: (row) => {
      const account = transform(row);
      const { user_id, created_at, updated_at } = row;
      return account === null ? null : { user_id, account, created_at, updated_at };
    },
  });
}
