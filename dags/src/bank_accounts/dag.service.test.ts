import { testDag } from '@tidegate/engine/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { bankEvent } from '../../../test/cdc/bank-events.ts';
import { createBankWarehouse, type BankWarehouse } from '../../../test/cdc/bank-warehouse.ts';
import { describeWith } from '../../../test/services/services.ts';
import { bankAccounts } from './dag.ts';

describeWith(['postgres'], 'the bank pipeline', () => {
  let warehouse: BankWarehouse;
  beforeAll(async () => {
    warehouse = await createBankWarehouse();
  });
  afterAll(async () => {
    await warehouse[Symbol.asyncDispose]();
  });

  it('takes inserts, updates and deletes to history, current and statistics', async () => {
    const old = { id: 1, user_id: 1001, account: 'First Bank 110' };
    const changed = { ...old, account: 'Updated Bank 987-654-321' };
    const other = { id: 2, user_id: 1002, account: 'River Savings 3333' };
    const values = [
      bankEvent({ op: 'c', after: old, pos: 100 }),
      bankEvent({ op: 'c', after: other, pos: 200 }),
      bankEvent({ op: 'u', before: old, after: changed, pos: 300 }),
      bankEvent({ op: 'd', before: other, pos: 400 }),
    ];
    const { state, tasks } = await testDag(bankAccounts, {
      connections: { bankdw: warehouse.url },
      records: values.map((value) => ({ value })),
    });
    expect(state).toBe('success');
    expect(tasks['load']?.output).toEqual({ records: 4, changes: 4, ignored: 0, quarantined: 0 });
    expect(
      await warehouse.rows('select operation_type from bank_accounts_history order by history_id'),
    ).toEqual(
      ['INSERT', 'INSERT', 'UPDATE', 'DELETE'].map((operation_type) => ({ operation_type })),
    );
    expect(await warehouse.rows('select original_id, account from bank_accounts_current')).toEqual([
      { original_id: '1', account: changed.account },
    ]);
    expect(
      await warehouse.rows('select user_id, account_count, last_change from user_account_stats'),
    ).toEqual([
      { user_id: '1001', account_count: '1', last_change: new Date('2026-01-01T00:00:00.300Z') },
    ]);
  });
});
