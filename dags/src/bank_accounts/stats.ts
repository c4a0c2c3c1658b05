import { recomputeStats } from '@tidegate/workers/cdc';

/** Statistics of the users whose accounts changed. */
export const recomputeUserStats = recomputeStats({
  connection: 'bankdw',
  table: 'user_account_stats',
  from: 'bank_accounts_current',
  by: 'user_id',
  columns: {
    account_count: 'count(*)',
    first_account_at: 'min(c.created_at)',
    last_change: 'max(c.change_timestamp)',
  },
});
