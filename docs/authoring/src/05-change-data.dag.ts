import { defineDag, onRecords, topic } from '@tidegate/engine/dag';
import { changeTable, loadChanges, recomputeStats } from '@tidegate/workers/cdc';

const payments = changeTable({
  topic: 'shop.shopdb.payments',
  key: ['id'],
  columns: { id: 'bigint', customer_id: 'bigint', amount: 'decimal(12,2)', paid_at: 'datetime' },
});

export const loadPayments = defineDag(
  {
    id: 'payments',
    schedule: onRecords({ within: '500ms', upTo: 10_000 }),
    source: topic(payments.topic, { maxRecords: 100_000 }),
    defaults: { retries: 3, retryDelay: '1s', connections: ['dw'] },
  },
  ({ task }) => {
    const load = task(
      'load',
      loadChanges({
        connection: 'dw',
        table: payments,
        history: 'payments_history',
        current: 'payments_current',
        key: { payment_id: 'id' },
        groups: ['customer_id'],
        map: ({ customer_id, amount, paid_at }) => ({ customer_id, amount, paid_at }),
      }),
    );
    task(
      'stats',
      recomputeStats({
        connection: 'dw',
        table: 'customer_totals',
        from: 'payments_current',
        by: 'customer_id',
        columns: { payments: 'count(*)', total: 'sum(c.amount)' },
      }),
      { after: [load] },
    );
  },
);
