import { loadChanges } from '@tidegate/workers/cdc';

import { accounts } from './accounts.ts';

/** Every change into history, the living accounts into current. */
export const loadAccounts = loadChanges({
  connection: 'bankdw',
  table: accounts,
  history: 'bank_accounts_history',
  current: 'bank_accounts_current',
  key: { original_id: 'id' },
  groups: ['user_id'],
  defaults: ['loaded_at'],
  map: ({ user_id, account, created_at, updated_at }) => ({
    user_id,
    account,
    created_at,
    updated_at,
  }),
});
