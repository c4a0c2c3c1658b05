import { afterAll, beforeAll, expect, it } from 'vitest';

import { SOURCE_KINDS } from '../../../test/services/service-addresses.ts';
import { describeWith } from '../../../test/services/services.ts';
import { SNAPSHOT_COMPLETED } from './snapshot-marker.ts';
import {
  createCaptureHarness,
  foldTopic,
  readTopic,
  until,
  versionOf,
  compareVersions,
  type CaptureHarness,
} from './testing/capture-harness.ts';
import { numbers } from './testing/numbers.ts';
import type { Capture } from './start-capture.ts';

const isDone = (capture: Capture) => () =>
  capture.status().snapshots.every((table) => table.status === 'done');

type KeyCase = readonly [table: string, type: string, value: string];

const KEYS: readonly KeyCase[] = [
  [
    'texts',
    'varchar(40) collate utf8mb4_general_ci',
    "concat(char(97 + mod(seq, 26)), '''\\\\', seq)",
  ],
  ['wide_numbers', 'bigint unsigned', '18446744073709551500 + seq'],
  ['decimals', 'decimal(30,2)', '123456789012345678901234.00 + seq'],
  ['bytes', 'varbinary(9)', "unhex(lpad(hex(seq), 6, '0'))"],
  ['instants', 'datetime(3)', "timestamp'2024-01-01 00:00:00' + interval seq * 1000 microsecond"],
  ['latins', 'varchar(9) character set latin1', "concat('é', seq)"],
];

/** A type of MariaDB alone. */
const UUIDS: KeyCase = [
  'uuids',
  'uuid',
  "concat(lpad(hex(seq * 7), 8, '0'), '-0000-1000-8000-000000000000')",
];

for (const server of SOURCE_KINDS)
  describeWith([server, 'postgres'], `snapshot, ${server}`, () => {
    let harness: CaptureHarness;
    beforeAll(async () => {
      harness = await createCaptureHarness(server);
    });
    afterAll(() => harness[Symbol.asyncDispose]());

    async function snapshotOf(
      table: string,
    ): Promise<Map<string, Readonly<Record<string, unknown>>>> {
      const topic = `${table}-topic`;
      const capture = await harness.capture([], {
        prefix: `${harness.database}_${table}`,
        chunkRows: 7,
        tables: [{ table: `${harness.database}.${table}`, topic, partitions: 2 }],
      });
      await until(isDone(capture), 'the snapshot');
      const { rows, doubled } = foldTopic(await readTopic(harness.log, topic));
      expect(doubled).toEqual([]);
      await capture.stop();
      return rows;
    }

    it('equals the table while writers change it, and doubles no event', async () => {
      const { sql } = harness;
      await sql.query('create table busy (id int primary key auto_increment, n int not null)');
      await sql.query(`insert into busy (n) select seq from ${numbers(1, 3_000)}`);
      let isWriting = true;
      const write = async (): Promise<void> => {
        for (let i = 1; isWriting; i += 1) {
          const id = 1 + ((i * 7919) % 3000);
          await sql.query(
            `start transaction; update busy set n = n + 1 where id in (${id}, ${id + 1}, ${3001 - id}); delete from busy where id = ${id + 500}; insert into busy (n) values (${i}), (${i}); ${i % 5 === 0 ? 'rollback' : 'commit'}`,
          );
        }
      };
      const writing = write();
      const capture = await harness.capture([], {
        chunkRows: 100,
        tables: [{ table: `${harness.database}.busy`, topic: 'busy', partitions: 3 }],
      });
      await until(isDone(capture), 'the snapshot');
      isWriting = false;
      await writing;
      const [rows] = await sql.query('select id, n from busy order by id');
      const folded = await until(async () => {
        const { rows: topicRows, doubled } = foldTopic(await readTopic(harness.log, 'busy'));
        expect(doubled).toEqual([]);
        const list = [...topicRows.values()].sort((a, b) => Number(a['id']) - Number(b['id']));
        return JSON.stringify(list) === JSON.stringify(rows) ? list : false;
      }, 'the folded topic to equal the table');
      expect(folded).toEqual(rows);
      await capture.stop();
    });

    it('stops in the middle of a snapshot at once, and goes on from there', async () => {
      const { sql, database } = harness;
      await sql.query('create table halted (id int primary key)');
      await sql.query(`insert into halted select seq from ${numbers(1, 20_000)}`);
      const options = {
        prefix: `${database}_halted`,
        chunkRows: 500,
        tables: [{ table: `${database}.halted`, topic: 'halted', partitions: 1 }],
      };
      const first = await harness.capture([], options);
      await until(() => first.status().rows > 1_000, 'some rows');
      const stoppedAt = Date.now();
      await first.stop();
      expect(Date.now() - stoppedAt).toBeLessThan(2_000);
      expect(first.status().snapshots[0]?.status).toBe('running');
      const second = await harness.capture([], options);
      await until(isDone(second), 'the rest');
      const { rows, doubled } = foldTopic(await readTopic(harness.log, 'halted'));
      expect([rows.size, doubled]).toEqual([20_000, []]);
      expect(second.status().rows).toBeLessThan(20_000);
      await second.stop();
    });

    it('walks composite keys, with the key in the order of the primary key', async () => {
      const { sql } = harness;
      await sql.query('create table pairs (a int, b varchar(20), v int, primary key (b, a))');
      await sql.query(
        `insert into pairs select mod(seq, 5), concat('k', seq div 5), seq from ${numbers(0, 99)}`,
      );
      const rows = await snapshotOf('pairs');
      expect(rows.size).toBe(100);
      expect(rows.get('{"b":"k19","a":4}')).toEqual({ a: 4, b: 'k19', v: 99 });
    });

    it.each(server === 'mariadb' ? [...KEYS, UUIDS] : KEYS)(
      'walks keys of %s (%s)',
      async (table, type, value) => {
        await harness.sql.query(`create table ${table} (k ${type} primary key, v int)`);
        await harness.sql.query(`insert into ${table} select ${value}, seq from ${numbers(1, 50)}`);
        expect((await snapshotOf(table)).size).toBe(50);
      },
    );

    it('ends a snapshot taken again with a marker in every partition, behind all rows', async () => {
      const { sql } = harness;
      await sql.query('create table again (id int primary key)');
      await sql.query(`insert into again select seq from ${numbers(1, 10)}`);
      const options = {
        prefix: `${harness.database}_again`,
        whenPositionLost: 'resnapshot' as const,
        tables: [{ table: `${harness.database}.again`, topic: 'again', partitions: 2 }],
      };
      const first = await harness.capture([], options);
      await until(isDone(first), 'the first snapshot');
      await first.stop();
      // The place is lost as after a purge: the state names a file that the server no longer has.
      const stateTopic = `tidegate-capture-${options.prefix}`;
      const [state] = (await readTopic(harness.log, stateTopic)).slice(-1);
      const lost = {
        ...(JSON.parse(state?.text ?? '') as object),
        position: { file: 'binlog.000000', pos: 4 },
      };
      await harness.log.produce(stateTopic, [
        { key: Buffer.from(options.prefix), value: Buffer.from(JSON.stringify(lost)) },
      ]);
      await sql.query('delete from again where id > 5');

      await expect(
        harness.capture([], { ...options, whenPositionLost: 'fail' }),
      ).rejects.toMatchObject({ code: 'CAPTURE_POSITION_PURGED' });
      const second = await harness.capture([], options);
      await until(isDone(second), 'the second snapshot');

      const events = await readTopic(harness.log, 'again');
      for (const partition of [0, 1]) {
        const own = events.filter((event) => event.partition === partition);
        const marker = own.at(-1)?.value;
        expect(marker?.op).toBe('m');
        expect(marker?.message?.prefix).toBe(SNAPSHOT_COMPLETED);
        // What a loader does with it: whatever is older than the marker is gone.
        const version = versionOf(marker!).slice(0, 4);
        const living = [...foldTopic(own).rows.keys()].filter((key) =>
          own.some(
            (e) =>
              e.key === key &&
              e.value?.op === 'r' &&
              compareVersions(versionOf(e.value).slice(0, 4), version) >= 0,
          ),
        );
        for (const key of living)
          expect((JSON.parse(key) as { id: number }).id).toBeLessThanOrEqual(5);
      }
      expect(second.status().epoch).toBe(2);
      await second.stop();
    });
  });
