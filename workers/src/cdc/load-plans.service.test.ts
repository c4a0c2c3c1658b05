import { afterAll, beforeAll, expect, it } from 'vitest';

import { MemoryLog } from '../../../test/cdc/bank-events.ts';
import { bankTarget, loadAccounts } from '../../../test/cdc/bank-tasks.ts';
import {
  BANK_TOPIC,
  bankContext,
  createBankWarehouse,
  type BankWarehouse,
} from '../../../test/cdc/bank-warehouse.ts';
import { mostRowsRemoved } from '../../../test/services/plan-text.ts';
import { describeWith } from '../../../test/services/services.ts';
import { openLoaderSession, type LoaderSession } from '../warehouse/postgres/loader-session.ts';

const LOADS = 60;
const STAGED = `insert into tidegate_stage (_v1, _v2, _op, _last, _at, _partition, original_id, user_id, account)
  values (1, 1, 'u', true, now(), 0, 5, 5, 'two')`;
/** With values that find nothing, or what is there already, so that asking changes nothing. */
const STATEMENTS = {
  open: `tg_open('load-1', '${BANK_TOPIC}')`,
  fence: `tg_fence('bank_accounts/r-1/load[-1]', 1)`,
  load: `tg_load('load-1')`,
  position: `tg_position('${BANK_TOPIC}', 0, 0, 0, 0, 'binlog', 0)`,
  resolve: `tg_resolve('${BANK_TOPIC}', 0, 0, 10)`,
  history: `tg_history('load-1')`,
  unhistory: `tg_unhistory('load-1')`,
  touch: 'tg_touch_0',
  upsert: `tg_upsert('load-1', '${BANK_TOPIC}')`,
  delete: `tg_delete('load-1')`,
  deleted: `tg_deleted('load-1')`,
};

describeWith(['postgres'], 'plans of a load', () => {
  let warehouse: BankWarehouse;
  let session: LoaderSession;

  beforeAll(async () => {
    warehouse = await createBankWarehouse();
    await warehouse.reset();
    session = await openLoaderSession(warehouse.url, bankTarget);
    // A plan is made once a connection, here while every table is empty.
    for (const statement of Object.values(STATEMENTS)) {
      await session.run(`explain execute ${statement}`);
    }
    const log = new MemoryLog();
    for (let place = 0; place < LOADS; place += 1) {
      const row = { id: place, user_id: place, account: 'one' };
      log.change({ op: 'c', after: row, pos: 100 + place * 10 });
      const ranges = [{ topic: BANK_TOPIC, partition: 0, from: place, to: place + 1 }];
      await loadAccounts(bankContext({ log, url: warehouse.url, loadId: `load-${place}`, ranges }));
    }
  });
  afterAll(async () => {
    await session.close();
    await warehouse[Symbol.asyncDispose]();
  });

  it.each(Object.entries(STATEMENTS))(
    '%s looks at nothing of earlier loads',
    async (_, statement) => {
      const plan = await explain(statement);
      expect(plan).toMatch(/actual time/);
      expect(plan).not.toMatch(/Seq Scan on (?!tidegate_stage)|Hash Join|JIT/);
      // The one row of the stage may be passed over.
      expect([mostRowsRemoved(plan) <= 1, plan]).toEqual([true, plan]);
    },
  );

  /** With one change in the stage; whatever it does is taken back. */
  async function explain(statement: string): Promise<string> {
    await session.run('begin');
    await session.run(STAGED);
    const rows = await session.run(`explain (analyze) execute ${statement}`);
    await session.run('rollback');
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }
});
