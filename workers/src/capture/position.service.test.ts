import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import type { BinlogPosition } from './position.ts';
import {
  createCaptureHarness,
  readTopic,
  until,
  type CaptureHarness,
} from './testing/capture-harness.ts';

/** Start and kind of every row event, as the server's own tool lists them. */
async function listRowEvents(
  url: string,
  { file, pos }: BinlogPosition,
): Promise<Map<number, string>> {
  const { hostname, port, username, password } = new URL(url);
  const { stdout } = await promisify(execFile)(
    'mariadb-binlog',
    [
      ...['--read-from-remote-server', `--host=${hostname}`, `--port=${port}`],
      ...[
        `--user=${username}`,
        `--password=${password}`,
        `--start-position=${pos}`,
        '--base64-output=decode-rows',
        file,
      ],
    ],
    { maxBuffer: 256 * 1024 * 1024 },
  );
  const starts = [...stdout.matchAll(/^# at (\d+)$/gm)].map((match) => Number(match[1]));
  const ends = stdout.matchAll(/^#.*end_log_pos (\d+) .*\t(Write|Update|Delete)_rows/gm);
  const events = new Map<number, string>();
  // The tool lists the starts of a statement's events first, then what they are, each with its end.
  for (const [, end, kind] of ends)
    events.set(starts.findLast((start) => start < Number(end)) ?? -1, kind ?? '');
  return events;
}

const KIND: Readonly<Record<string, string>> = { c: 'Write', u: 'Update', d: 'Delete' };

describeWith(['mysql', 'postgres'], 'source.pos', () => {
  let harness: CaptureHarness;
  beforeAll(async () => {
    harness = await createCaptureHarness();
  });
  afterAll(() => harness[Symbol.asyncDispose]());

  it("is where the server's own tool finds the row event, also with other tables' events between", async () => {
    const { sql, database } = harness;
    await sql.query('create table a (id int primary key auto_increment, v text)');
    await sql.query('create table other (id int primary key auto_increment, v text)');
    const capture = await harness.capture([], {
      tables: [{ table: `${database}.a`, topic: 'a', partitions: 1 }],
    });
    const startedAt = capture.status().position;
    for (let i = 0; i < 20; i += 1)
      await sql.query(
        `start transaction; insert into a (v) select repeat('x', seq * 40) from seq_1_to_90; insert into other (v) values ('y'); update a set v = 'z' where id % 9 = ${i % 9}; delete from a where id = ${i + 3}; commit; alter table other comment 'c${i}'`,
      );
    await sql.query("insert into a (id, v) values (999999, 'end')");
    const events = await until(async () => {
      const all = await readTopic(harness.log, 'a');
      return all.at(-1)?.key === '{"id":999999}' ? all : false;
    }, 'the last event');
    // The server may rotate meanwhile: what lies in the first file is enough.
    const { file } = startedAt;
    const known = await listRowEvents(harness.sourceUrl, startedAt);
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
