import { afterAll, beforeAll, expect, it } from 'vitest';

import { SOURCE_KINDS, type SourceKind } from '../../../test/services/service-addresses.ts';
import { describeWith } from '../../../test/services/services.ts';
import {
  createCaptureHarness,
  foldTopic,
  readTopic,
  until,
  type CaptureHarness,
  type TopicEvent,
} from './testing/capture-harness.ts';

const GTID: Readonly<Record<SourceKind, RegExp>> = {
  mariadb: /^\d+-\d+-\d+$/,
  mysql: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\d+$/,
};

for (const server of SOURCE_KINDS)
  describeWith([server, 'postgres'], `capture of single changes, ${server}`, () => {
    let harness: CaptureHarness;
    const topic = 'accounts-topic';

    const read = (): Promise<TopicEvent[]> => readTopic(harness.log, topic);
    /** Everything from the change on, once `count` records arrived. */
    async function after(count: number, change: () => Promise<unknown>): Promise<TopicEvent[]> {
      const seen = new Set((await read()).map((event) => `${event.partition}/${event.offset}`));
      await change();
      return until(async () => {
        const fresh = (await read()).filter((e) => !seen.has(`${e.partition}/${e.offset}`));
        return fresh.length >= count ? fresh : false;
      }, `${count} records`);
    }

    beforeAll(async () => {
      harness = await createCaptureHarness(server);
      await harness.sql.query(
        `create table accounts (id bigint primary key auto_increment, user_id bigint not null, account varchar(100) character set utf8mb4,
         created_at timestamp not null default current_timestamp, updated_at datetime(3))`,
      );
      await harness.sql.query(
        "insert into accounts (user_id, account) values (1, 'one'), (2, 'two')",
      );
      await harness.capture([], {
        tables: [{ table: `${harness.database}.accounts`, topic, partitions: 1 }],
      });
      await until(async () => (await read()).length >= 2, 'the snapshot');
    });
    afterAll(() => harness[Symbol.asyncDispose]());

    it('reads the rows that exist as r, marked first and last', async () => {
      const events = await read();
      expect(events.map((event) => [event.key, event.value?.op])).toEqual([
        ['{"id":1}', 'r'],
        ['{"id":2}', 'r'],
      ]);
      expect(events.map((event) => event.value?.source.snapshot)).toEqual(['first', 'last']);
      expect(events[0]?.value?.source.server_id).toBe(0);
    });

    it('writes an insert as Debezium does, key and envelope', async () => {
      const [event] = await after(1, () =>
        harness.sql.query(
          "insert into accounts values (10, 7, 'a \"quoted\" 계좌', '2024-05-06 07:08:09', '2024-05-06 07:08:09.123')",
        ),
      );
      expect(event?.key).toBe('{"id":10}');
      expect(event?.text).toContain(
        '{"before":null,"after":{"id":10,"user_id":7,"account":"a \\"quoted\\" 계좌",' +
          '"created_at":"2024-05-06T07:08:09Z","updated_at":1714979289123},"source":{',
      );
      expect(Object.keys(event?.value ?? {})).toEqual([
        ...['before', 'after', 'source', 'transaction', 'op', 'ts_ms', 'ts_us', 'ts_ns'],
      ]);
      const source = event?.value?.source;
      expect(source).toMatchObject({
        db: harness.database,
        table: 'accounts',
        connector: server,
      });
      expect(source).toMatchObject({ row: 0, snapshot: 'false', sequence: '{"epoch":1}' });
      expect(source?.gtid).toMatch(GTID[server]);
      expect(source?.server_id).toBeGreaterThan(0);
    });

    it('writes an update with the row before and after', async () => {
      const [event] = await after(1, () =>
        harness.sql.query("update accounts set account = 'changed' where id = 10"),
      );
      expect(event?.value?.op).toBe('u');
      expect(event?.value?.before).toMatchObject({ id: 10, account: 'a "quoted" 계좌' });
      expect(event?.value?.after).toMatchObject({ id: 10, account: 'changed' });
    });

    it('writes a delete and its tombstone', async () => {
      const events = await after(2, () => harness.sql.query('delete from accounts where id = 10'));
      expect(events.map((event) => [event.key, event.value?.op])).toEqual([
        ['{"id":10}', 'd'],
        ['{"id":10}', undefined],
      ]);
      expect(events[0]?.value?.after).toBeNull();
    });

    it('splits a changed primary key into delete, tombstone and create at one position', async () => {
      await after(1, () => harness.sql.query('insert into accounts (id, user_id) values (20, 1)'));
      const events = await after(3, () =>
        harness.sql.query('update accounts set id = 21 where id = 20'),
      );
      expect(events.map((event) => [event.key, event.value?.op, event.headers])).toEqual([
        ['{"id":20}', 'd', [['__debezium.newkey', '{"id":21}']]],
        ['{"id":20}', undefined, [['__debezium.newkey', '{"id":21}']]],
        ['{"id":21}', 'c', [['__debezium.oldkey', '{"id":20}']]],
      ]);
      expect(events[0]?.value?.source.pos).toBe(events[2]?.value?.source.pos);
    });

    it('counts the rows of one event, also when every key moves by one', async () => {
      await harness.sql.query(
        'insert into accounts (id, user_id) values (103, 1), (102, 1), (101, 1)',
      );
      const events = await after(9, () =>
        harness.sql.query(
          'update accounts set id = id + 1 where id between 101 and 103 order by id desc',
        ),
      );
      const moved = events.filter(
        (event) => event.value?.op === 'd' && event.value.source.row >= 0,
      );
      expect(moved.map((event) => event.value?.source.row)).toEqual([0, 1, 2]);
      const ids = [...foldTopic(await read()).rows.values()].map((row) => row['id']);
      expect(ids).toEqual(expect.arrayContaining([102, 103, 104]));
      expect(ids).not.toContain(101);
    });

    it('keeps silent about a transaction that was rolled back', async () => {
      await harness.sql.query(
        'start transaction; insert into accounts (id, user_id) values (777, 7); rollback',
      );
      await after(1, () => harness.sql.query('insert into accounts (id, user_id) values (778, 7)'));
      expect((await read()).map((event) => event.key)).not.toContain('{"id":777}');
    });

    it('writes a truncate as t without a key', async () => {
      const [event] = await after(1, () => harness.sql.query('truncate table accounts'));
      expect(event).toMatchObject({ key: null, value: { op: 't', before: null, after: null } });
    });

    it('follows columns that are added, renamed and dropped', async () => {
      const events = await after(2, () =>
        harness.sql.query(
          `alter table accounts add column note varchar(20) after user_id, drop column updated_at;
         insert into accounts (id, user_id, note) values (900, 9, 'n');
         alter table accounts rename column note to remark;
         insert into accounts (id, user_id, remark) values (901, 9, 'r')`,
        ),
      );
      expect(Object.keys(events[0]?.value?.after ?? {})).toEqual([
        'id',
        'user_id',
        'note',
        'account',
        'created_at',
      ]);
      expect(events[0]?.value?.after).toMatchObject({ id: 900, note: 'n' });
      expect(events[1]?.value?.after).toMatchObject({ id: 901, remark: 'r' });
    });
  });
