import { changeTable } from '@tidegate/workers/cdc';

/** `bankdb.bank_accounts` as its changes arrive. */
export const accounts = changeTable({
  topic: 'bank.bankdb.bank_accounts',
  key: ['id'],
  columns: {
    id: 'bigint',
    user_id: 'bigint',
    account: 'string',
    created_at: 'datetime',
    updated_at: 'timestamp',
  },
});
