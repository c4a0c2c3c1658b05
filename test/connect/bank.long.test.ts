import { setTimeout as delay } from 'node:timers/promises';

import { openTopicLog } from '@tidegate/engine/topic-log';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { readTopic } from '../../workers/src/capture/testing/capture-harness.ts';
import { untilTrue } from '../end-to-end/until.ts';
import type { SourceKind } from '../services/service-addresses.ts';
import { describeWith } from '../services/services.ts';
import { BankBehindDebezium, bankTopic } from './bank-behind-debezium.ts';
import type { ConnectorConfig } from './debezium-under-test.ts';

/** Rows at the ends of the columns' types: id, user, account, created. */
const EDGES = [
  ['9007199254740993', '9223372036854775807', 'größer als 2^53', '1000-01-01 00:00:00'],
  ['-9223372036854775808', '-1', '', '9999-12-31 23:59:59'],
  ['700001', '0', 'tab\t"quote" back\\slash \u0001\u2028 🏦 은행', '1969-12-31 23:59:59'],
] as const;
const INSERT = 'insert into bank_accounts (id, user_id, account, created_at) values (?, ?, ?, ?)';

interface Variant {
  readonly name: string;
  readonly source: SourceKind;
  /** To the deployed connector. */
  readonly changes?: ConnectorConfig;
  /** Settings of the Connect worker. */
  readonly worker: readonly string[];
  /** What Debezium writes again when it is killed. */
  readonly repeats: 'some' | 'none';
}

/** Killed before it kept offsets for the first time, Debezium takes its snapshot again and loses changes. */
const OFTEN = ['offset.flush.interval.ms=2000'];
const EXACTLY_ONCE = ['exactly.once.source.support=enabled'];
const WITH_SCHEMAS: ConnectorConfig = {
  'key.converter.schemas.enable': 'true',
  'value.converter.schemas.enable': 'true',
};

const VARIANTS: readonly Variant[] = [
  { name: 'as deployed', source: 'mysql', worker: OFTEN, repeats: 'some' },
  {
    name: 'in transactions, as in compose',
    source: 'mysql',
    worker: EXACTLY_ONCE,
    repeats: 'none',
  },
  { name: 'as deployed', source: 'mariadb', worker: OFTEN, repeats: 'some' },
  {
    name: 'with schemas in every record',
    source: 'mariadb',
    changes: WITH_SCHEMAS,
    worker: OFTEN,
    repeats: 'some',
  },
  {
    name: 'in transactions, as in compose',
    source: 'mariadb',
    worker: EXACTLY_ONCE,
    repeats: 'none',
  },
];

for (const { name, source, changes, worker, repeats } of VARIANTS) {
  describeWith(
    [source, 'kafka', 'connect'],
    `the bank on ${source} behind Debezium ${name}`,
    () => {
      let behind: BankBehindDebezium;
      beforeAll(async () => {
        const rows = { insert: INSERT, values: EDGES };
        behind = await BankBehindDebezium.start({ source, changes, rows, worker });
      }, 240_000);
      afterAll(() => behind[Symbol.asyncDispose](), 120_000);
      afterEach(({ task }) => {
        if (task.result?.state === 'fail') console.error(behind.story);
      });

      it('has the snapshot', async () => {
        expect(await behind.bank.faultsAtRest()).toEqual([]);
        expect(await behind.count('bank_accounts_history where is_snapshot')).toBe(
          5 + EDGES.length,
        );
      });

      it('has inserts, updates, deletes and changed keys, at the ends of the types too', async () => {
        const bank = behind.bank.source;
        for (const [id, user, account, created] of EDGES) {
          await bank.query('update bank_accounts set account = ? where id = ?', ['x', id]);
          await bank.query('delete from bank_accounts where id = ?', [id]);
          await bank.query(INSERT, [id, user, account, created]);
        }
        await bank.query('update bank_accounts set id = id + 1 where id = 9007199254740993');
        bank.startLoad();
        await delay(5_000);
        expect(await behind.bank.faultsAtRest()).toEqual([]);
        expect(await behind.count('tidegate.quarantine')).toBe(0);
      });

      it('passes the test of the whole pipeline', async () => {
        const said = await behind.testPipeline();
        expect(said.split('\n').filter((line) => line.includes('FAIL'))).toEqual([]);
        expect(said).toContain('The pipeline works.');
      }, 900_000);

      it('has each change once after kill -9 of Connect in mid-stream, twice', async () => {
        behind.bank.source.startLoad(200);
        for (let round = 0; round < 2; round += 1) {
          await delay(5_000);
          await behind.debezium.killConnect();
          await behind.debezium.startConnect();
          await behind.bank.timeToGoOn('kill -9 of Connect', 120_000);
        }
        expect(await behind.bank.faultsAtRest(60_000)).toEqual([]);
        const written = await countRepeats(behind.debezium.kafka.brokers);
        console.log(`Debezium ${name} wrote ${written} changes again`);
        expect(written > 0 ? 'some' : 'none').toBe(repeats);
      }, 300_000);

      it('follows a truncate', async () => {
        await behind.bank.source.query('truncate bank_accounts');
        await behind.bank.source.query(INSERT, EDGES[0]);
        await untilTrue(
          'only what came after the truncate',
          async () =>
            (await behind.count('bank_accounts_current')) === 1 &&
            (await behind.count('user_account_stats')) === 1,
        );
      });
    },
  );
}

/** Changes that are in the topic more than once. */
async function countRepeats(brokers: string): Promise<number> {
  const log = await openTopicLog({ kind: 'kafka', brokers: [brokers] });
  try {
    const seen = new Set<string>();
    const changes = (await readTopic(log, bankTopic)).flatMap(({ key, text }) => {
      if (text === null) return [];
      const parsed = JSON.parse(text) as { payload?: Envelope } & Envelope;
      const { op, source } = parsed.payload ?? parsed;
      return op === 'r' ? [] : [[key, op, source.file, source.pos, source.row].join(' ')];
    });
    for (const change of changes) seen.add(change);
    return changes.length - seen.size;
  } finally {
    await log.close();
  }
}

interface Envelope {
  readonly op: string;
  readonly source: { readonly file: string; readonly pos: number; readonly row: number };
}
