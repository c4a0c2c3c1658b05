import { expect, it } from 'vitest';

import { resolveCaptureConfig } from './capture-config.ts';

it('names topics as Debezium does, unless told otherwise', () => {
  const config = resolveCaptureConfig({
    prefix: 'bank',
    source: 'mysql://u:p@host/',
    tables: [
      'bankdb.bank_accounts',
      'bankdb.odd name',
      { table: 'order_db.orders', topic: 'orders-cdc-topic' },
    ],
  });
  expect([...config.tables.values()].map((table) => table.topic)).toEqual([
    'bank.bankdb.bank_accounts',
    'bank.bankdb.odd_name',
    'orders-cdc-topic',
  ]);
  expect(config.stateTopic).toBe('tidegate-capture-bank');
});

it('names every fault at once', () => {
  const resolve = () =>
    resolveCaptureConfig({ prefix: 'a b', source: 'postgres://x', tables: ['nodot'] });
  expect(resolve).toThrow(/prefix "a b"[^]*source must be[^]*"nodot"/);
});
