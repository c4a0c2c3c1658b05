import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { SOURCE_KINDS } from '../../../test/services/service-addresses.ts';
import { describeWith } from '../../../test/services/services.ts';
import type { BinlogPosition } from './position.ts';
import {
  createCaptureHarness,
  readTopic,
  until,
  type CaptureHarness,
} from './testing/capture-harness.ts';
import { numbers } from './testing/numbers.ts';

/** Start and kind of every row event, as the server itself lists them. */
async function listRowEvents(
  sql: Connection,
  { file, pos }: BinlogPosition,
): Promise<Map<number, string>> {
  const [rows] = await sql.query<RowDataPacket[]>('show binlog events in ? from ?', [file, pos]);
  const events = new Map<number, string>();
  for (const row of rows) {
    const [, kind] = /^(Write|Update|Delete)_rows/.exec(String(row['Event_type'])) ?? [];
    if (kind !== undefined) events.set(Number(row['Pos']), kind);
  }
  return events;
}

const KIND: Readonly<Record<string, string>> = { c: 'Write', u: 'Update', d: 'Delete' };

for (const server of SOURCE_KINDS)
  describeWith([server, 'postgres'], `source.pos, ${server}`, () => {
    let harness: CaptureHarness;
    beforeAll(async () => {
      harness = await createCaptureHarness(server);
    });
    afterAll(() => harness[Symbol.asyncDispose]());

    it("is where the server itself finds the row event, also with other tables' events between", async () => {
      const { sql, database } = harness;
      await sql.query('create table a (id int primary key auto_increment, v text)');
      await sql.query('create table other (id int primary key auto_increment, v text)');
      const capture = await harness.capture([], {
        tables: [{ table: `${database}.a`, topic: 'a', partitions: 1 }],
      });
      const startedAt = capture.status().position;
      for (let i = 0; i < 20; i += 1)
        await sql.query(
          `start transaction; insert into a (v) select repeat('x', seq * 40) from ${numbers(1, 90)}; insert into other (v) values ('y'); update a set v = 'z' where id % 9 = ${i % 9}; delete from a where id = ${i + 3}; commit; alter table other comment 'c${i}'`,
        );
      await sql.query("insert into a (id, v) values (999999, 'end')");
      const events = await until(async () => {
        const all = await readTopic(harness.log, 'a');
        return all.at(-1)?.key === '{"id":999999}' ? all : false;
      }, 'the last event');
      // The server may rotate meanwhile: what lies in the first file is enough.
      const { file } = startedAt;
      const known = await listRowEvents(sql, startedAt);
      const found = events.filter(
        (event) => event.value !== null && event.value.source.file === file,
      );
      expect(found.length).toBeGreaterThan(1_000);
      for (const { value } of found)
        expect([value?.source.pos, known.get(value?.source.pos ?? -1)]).toEqual([
          value?.source.pos,
          KIND[value?.op ?? ''],
        ]);
    });
  });
