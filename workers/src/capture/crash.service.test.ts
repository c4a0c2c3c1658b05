import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SOURCE_KINDS } from '../../../test/services/service-addresses.ts';
import { describeWith } from '../../../test/services/services.ts';
import type { CaptureConfig } from './capture-config.ts';
import {
  createCaptureHarness,
  foldTopic,
  readTopic,
  until,
  type CaptureHarness,
} from './testing/capture-harness.ts';
import { numbers } from './testing/numbers.ts';

const CHILD = fileURLToPath(new URL('./testing/capture-child.ts', import.meta.url));

function startChild(logUrl: string, config: CaptureConfig): ChildProcess {
  const flags = ['--conditions=source', '--import', 'tsx'];
  return spawn(process.execPath, [...flags, CHILD, logUrl, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

for (const server of SOURCE_KINDS)
  describeWith([server, 'postgres'], `capture killed with -9, ${server}`, () => {
    let harness: CaptureHarness;
    beforeAll(async () => {
      harness = await createCaptureHarness(server);
    });
    afterAll(() => harness[Symbol.asyncDispose]());

    async function countRecords(topic: string): Promise<number> {
      const bounds = await harness.log.bounds(topic).catch(() => undefined);
      return [...(bounds?.values() ?? [])].reduce((sum, { end }) => sum + end, 0);
    }

    const untilSnapshotDone = (config: CaptureConfig): Promise<boolean> =>
      until(
        async () => {
          const states = await readTopic(harness.log, `tidegate-capture-${config.prefix}`).catch(
            () => [],
          );
          return states.at(-1)?.text?.includes('"snapshot":"done"') === true;
        },
        'the snapshot',
        25_000,
      );

    async function expectTopicEqualsTable(table: string, topic: string): Promise<void> {
      const [rows] = await harness.sql.query(`select * from ${table} order by id`);
      await until(
        async () => {
          const folded = foldTopic(await readTopic(harness.log, topic));
          expect(folded.doubled).toEqual([]);
          const list = [...folded.rows.values()].sort((a, b) => Number(a['id']) - Number(b['id']));
          return JSON.stringify(list) === JSON.stringify(rows);
        },
        'the folded topic to equal the table',
        20_000,
      );
    }

    /** Kills the child once the topic holds `records` more than at its start, for each number in turn. */
    async function runWithKills(
      config: CaptureConfig,
      topic: string,
      kills: readonly number[],
    ): Promise<ChildProcess> {
      for (const records of kills) {
        const atStart = await countRecords(topic);
        const child = startChild(harness.logUrl, config);
        await until(
          async () => (await countRecords(topic)) >= atStart + records,
          `${records} more records`,
          20_000,
        );
        await kill(child);
      }
      return startChild(harness.logUrl, config);
    }

    it('in mid-snapshot: nothing is lost, nothing doubled', async () => {
      const { sql, database } = harness;
      await sql.query('create table snap (id int primary key, n int)');
      await sql.query(`insert into snap select seq, 0 from ${numbers(1, 40_000)}`);
      const config = harness.config([], {
        prefix: `${database}_snap`,
        chunkRows: 3_000,
        tables: [{ table: `${database}.snap`, topic: 'snap' }],
      });
      const writer = { isOn: true };
      const writing = (async () => {
        for (let i = 1; writer.isOn; i += 1)
          await sql.query(
            `update snap set n = n + 1 where id % 997 = ${i % 997}; delete from snap where id = ${i * 13}`,
          );
      })();
      const child = await runWithKills(config, 'snap', [2_500, 6_000, 1_500]);
      await untilSnapshotDone(config);
      writer.isOn = false;
      await writing;
      await expectTopicEqualsTable('snap', 'snap');
      await kill(child);
    }, 60_000);

    it('in mid-stream, inside of large transactions: nothing is lost, nothing doubled', async () => {
      const { sql, database } = harness;
      await sql.query('create table flow (id int primary key auto_increment, n int)');
      const config = harness.config([], {
        prefix: `${database}_flow`,
        maxFlushRecords: 100,
        tables: [{ table: `${database}.flow`, topic: 'flow' }],
      });
      const first = startChild(harness.logUrl, config);
      await untilSnapshotDone(config);
      await kill(first);
      for (let i = 0; i < 4; i += 1)
        await sql.query(
          `start transaction; insert into flow (n) select seq from ${numbers(1, 3_000)}; update flow set n = n + 1 where id % 3 = 0; update flow set id = id + 1000000 where id < 1000000 order by id desc limit 50; commit`,
        );
      const child = await runWithKills(config, 'flow', [1_700, 5_555, 300]);
      await expectTopicEqualsTable('flow', 'flow');
      await kill(child);
    }, 60_000);
  });
