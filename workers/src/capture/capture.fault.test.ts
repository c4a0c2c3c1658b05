import path from 'node:path';

import { openTopicLog, type TopicLog } from '@tidegate/engine/topic-log';
import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { startProxy } from '../../../test/cdc/cuttable-proxy.ts';
import { appendCutTransaction } from '../../../test/cdc/cut-binlog.ts';
import { createOwnSource, type OwnSource } from '../../../test/services/own-source.ts';
import { SOURCE_KINDS, type SourceKind } from '../../../test/services/service-addresses.ts';
import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../test/services/services.ts';
import type { CaptureConfig } from './capture-config.ts';
import { startCapture, type Capture } from './start-capture.ts';
import { foldTopic, readTopic, until } from './testing/capture-harness.ts';
import { numbers } from './testing/numbers.ts';

/** Grants beside the binlog's own. */
const MONITORING: Readonly<Record<SourceKind, readonly string[]>> = {
  mariadb: ['BINLOG MONITOR'],
  mysql: ['REPLICATION CLIENT', 'RELOAD'],
};

for (const server of SOURCE_KINDS)
  describeWith([server, 'postgres'], `capture when its source fails, ${server}`, () => {
    let source: OwnSource;
    let database: TestDatabase;
    let log: TopicLog;
    const captures: Capture[] = [];

    beforeAll(async () => {
      source = await createOwnSource(server);
      await source.start();
      database = await createPostgresDatabase('capture_fault');
      log = await openTopicLog({ kind: 'postgres', url: database.url });
      await run('create database shop');
    }, 60_000);
    afterEach(async () => {
      await Promise.all(captures.splice(0).map((capture) => capture.stop()));
    });
    afterAll(async () => {
      await log.close();
      await database[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    });

    async function run(sql: string): Promise<void> {
      const connection: Connection = await source.connect();
      await connection.query(sql);
      await connection.end();
    }

    async function start(name: string, more: Partial<CaptureConfig> = {}): Promise<Capture> {
      const tables = [{ table: `shop.${name}`, topic: name }];
      const capture = await startCapture(
        { prefix: name, source: source.url, tables, ...more },
        { log },
      );
      captures.push(capture);
      return capture;
    }

    async function ids(topic: string): Promise<number[]> {
      const { rows, doubled } = foldTopic(await readTopic(log, topic));
      expect(doubled).toEqual([]);
      return [...rows.values()].map((row) => Number(row['id'])).sort((a, b) => a - b);
    }

    const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i + 1);

    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'waits for a server ended by %s and goes on within 5 s of its return',
      async (signal) => {
        const table = `t_${signal.toLowerCase()}`;
        await run(`create table shop.${table} (id int primary key auto_increment)`);
        const capture = await start(table);
        await run(`insert into shop.${table} select seq from ${numbers(1, 100)}`);
        await until(async () => (await ids(table)).length === 100, '100 rows');
        await source.stop(signal);
        await until(() => capture.status().phase === 'waiting', 'the capture to notice');
        expect(capture.status().reason).toContain('127.0.0.1');
        await source.start();
        const back = Date.now();
        await run(`insert into shop.${table} select seq from ${numbers(101, 200)}`);
        await until(async () => (await ids(table)).length === 200, '200 rows');
        expect(Date.now() - back).toBeLessThan(5_000);
        expect(await ids(table)).toEqual(range(200));
        expect(capture.status().phase).toBe('streaming');
      },
    );

    it('reads on within seconds when its connections die without a word', async () => {
      await run('create table shop.unheard (id int primary key auto_increment)');
      await using network = await startProxy(source.url);
      await start('unheard', { source: network.through(source.url) });
      await run(`insert into shop.unheard select seq from ${numbers(1, 100)}`);
      await until(async () => (await ids('unheard')).length === 100, '100 rows');
      network.abandon();
      const lost = Date.now();
      await run(`insert into shop.unheard select seq from ${numbers(101, 200)}`);
      await until(async () => (await ids('unheard')).length === 200, '200 rows', 20_000);
      expect(Date.now() - lost).toBeLessThan(12_000);
      expect(await ids('unheard')).toEqual(range(200));
    });

    it('loses and doubles nothing when the server is killed under a snapshot and a stream', async () => {
      await run(
        `create table shop.both_ways (id int primary key, n int); insert into shop.both_ways select seq, 0 from ${numbers(1, 30_000)}`,
      );
      const capture = await start('both_ways', { chunkRows: 1_000, maxFlushRecords: 100 });
      await run('update shop.both_ways set n = n + 1 where id % 3 = 0');
      await until(() => capture.status().rows > 3_000, 'some progress');
      await source.stop('SIGKILL');
      await source.start();
      await run(
        'update shop.both_ways set n = n + 1 where id % 2 = 0; delete from shop.both_ways where id > 29990',
      );
      await until(() => capture.status().snapshots[0]?.status === 'done', 'the snapshot', 30_000);
      await until(
        async () => {
          const { rows, doubled } = foldTopic(await readTopic(log, 'both_ways'));
          expect(doubled).toEqual([]);
          const sum = [...rows.values()].reduce((total, row) => total + Number(row['n']), 0);
          return rows.size === 29_990 && sum === 9_996 + 14_995;
        },
        'the folded topic to equal the table',
        30_000,
      );
    });

    it.each(['within the row event', 'before its end'] as const)(
      'leaves out a transaction the server was killed in the middle of writing, cut %s',
      async (cut) => {
        const table = `cut_${cut.split(' ')[0] ?? ''}`;
        await run(`create table shop.${table} (id int primary key)`);
        const capture = await start(table);
        await until(() => capture.status().snapshots[0]?.status === 'done', 'the snapshot');
        await run(`insert into shop.${table} values (1), (2), (3)`);
        await run(`delete from shop.${table} where id = 2; insert into shop.${table} values (2)`);
        // Four inserts, the deletion and its tombstone, all from the binlog: the snapshot found nothing.
        await until(async () => (await readTopic(log, table)).length === 6, 'what happened so far');
        const { file } = capture.status().position;
        await source.stop('SIGKILL');
        // The deletion of 2 once more: the server never committed it, and says 2 is there.
        await appendCutTransaction(path.join(source.data, file), cut);
        await source.start();
        await run(`insert into shop.${table} values (4)`);
        await until(async () => (await ids(table)).includes(4), 'the row after the crash');
        expect(await ids(table)).toEqual([1, 2, 3, 4]);
        expect(capture.status().phase).toBe('streaming');
      },
    );

    it('ends by name when the server purged its place, and reads all again where configured', async () => {
      await run(
        'create table shop.purged (id int primary key); insert into shop.purged values (1), (2), (3)',
      );
      const first = await start('purged');
      await until(async () => (await ids('purged')).length === 3, '3 rows');
      await first.stop();
      await run(
        'delete from shop.purged where id = 3; insert into shop.purged values (4); flush binary logs; flush binary logs',
      );
      await until(async () => {
        await run('flush binary logs; purge binary logs before now() + interval 1 day');
        return start('purged').then(
          (capture) => capture.stop().then(() => false),
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'CAPTURE_POSITION_PURGED' });
            expect((error as Error).message).toContain("whenPositionLost: 'resnapshot'");
            return true;
          },
        );
      }, 'the purge');
      const again = await start('purged', { whenPositionLost: 'resnapshot' });
      await until(() => again.status().snapshots[0]?.status === 'done', 'the snapshot');
      expect(again.status().epoch).toBe(2);
      const markers = (await readTopic(log, 'purged')).filter((event) => event.value?.op === 'm');
      expect(markers.length).toBe(3);
    });

    it('ends by name when the binlog was reset', async () => {
      await run('create table shop.reset_log (id int primary key)');
      const first = await start('reset_log');
      await run('insert into shop.reset_log values (1)');
      await until(async () => (await ids('reset_log')).length === 1, '1 row');
      await first.stop();
      await run('reset master');
      await expect(start('reset_log')).rejects.toMatchObject({ code: 'CAPTURE_SOURCE_WENT_BACK' });
    });

    if (server === 'mariadb')
      it('reads compressed row events exactly', async () => {
        await run(
          'create table shop.pressed (id int primary key, v text); set global log_bin_compress = 1',
        );
        await start('pressed');
        await run(
          `insert into shop.pressed select seq, repeat('compress me ', 100) from ${numbers(1, 50)}`,
        );
        await until(async () => (await ids('pressed')).length === 50, '50 rows');
        const { rows } = foldTopic(await readTopic(log, 'pressed'));
        expect(rows.get('{"id":7}')).toEqual({ id: 7, v: 'compress me '.repeat(100) });
        await run('set global log_bin_compress = 0');
      });

    it('names every fault of settings, grants and tables at once, each with its cure', async () => {
      await run(
        "create table shop.keyless (id int); create table shop.shapes (id float primary key, g point); create user poor identified by 'x'; grant select on shop.keyless to poor; set global binlog_row_image = 'MINIMAL', binlog_row_metadata = 'MINIMAL', binlog_format = 'MIXED'",
      );
      const address = source.url.replace('root@', 'poor:x@');
      const tables = ['shop.keyless', 'shop.shapes', 'shop.none'];
      const error = await startCapture({ prefix: 'faults', source: address, tables }, { log }).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      await run(
        "set global binlog_row_image = 'FULL', binlog_row_metadata = 'FULL', binlog_format = 'ROW'",
      );
      expect(error).toMatchObject({ code: 'CAPTURE_SOURCE_NOT_READY' });
      for (const cure of [
        "binlog_format is MIXED, must be ROW: set global binlog_format = 'ROW'",
        "set global binlog_row_image = 'FULL'",
        "set global binlog_row_metadata = 'FULL'",
        "grant REPLICATION SLAVE on *.* to 'poor'@'%'",
        ...MONITORING[server].map((grant) => `grant ${grant} on *.* to 'poor'@'%'`),
        'table shop.keyless has no primary key: alter table shop.keyless add primary key',
        'table shop.none does not exist or may not be seen',
        'grant select on shop.shapes',
      ])
        expect(error?.message).toContain(cure);
      await expect(
        startCapture({ prefix: 'faults', source: source.url, tables: ['shop.shapes'] }, { log }),
      ).rejects.toThrow(/shop.shapes.g has type point[^]*shop.shapes.id has type float/);
    });

    it('needs no more than the documented grants', async () => {
      const grants = ['replication slave', ...MONITORING[server]].join(', ');
      await run(
        `create table shop.granted (id int primary key); insert into shop.granted values (1); create user careful identified by 'a:b@c/d'; grant select on shop.* to careful; grant ${grants} on *.* to careful`,
      );
      const address = source.url.replace('root@', `careful:${encodeURIComponent('a:b@c/d')}@`);
      await start('granted', { source: address });
      await run('insert into shop.granted values (2)');
      await until(async () => (await ids('granted')).length === 2, '2 rows');
    });

    if (server === 'mysql')
      it('refuses a YEAR that its version describes inexactly', async () => {
        await run('create table shop.aged (id int unsigned primary key, born year)');
        await expect(start('aged')).rejects.toThrow(
          'column shop.aged.born has type year, and row events of MySQL 8.0.15',
        );
      });

    if (server === 'mysql')
      it('says of a certificate that is not trusted what mends it', async () => {
        const sealed = {
          prefix: 'who',
          source: `${source.url}/shop?ssl=true`,
          tables: ['shop.purged'],
        };
        await expect(startCapture(sealed, { log })).rejects.toMatchObject({
          code: 'CAPTURE_SOURCE_NOT_READY',
          message: expect.stringMatching(/certificate.*self.signed.*NODE_EXTRA_CA_CERTS/) as string,
        });
      });

    it('tells a wrong password from a server that is not there', async () => {
      const wrong = source.url.replace('root@', 'root:wrong@');
      const tables = ['shop.purged'];
      await expect(
        startCapture({ prefix: 'who', source: wrong, tables }, { log }),
      ).rejects.toMatchObject({
        code: 'CAPTURE_SOURCE_NOT_READY',
        message: expect.stringContaining('refuses the user or its password') as string,
      });
      const nobody = 'mysql://root@127.0.0.1:1';
      await expect(
        startCapture({ prefix: 'who', source: nobody, tables }, { log }),
      ).rejects.toMatchObject({
        code: 'CAPTURE_SOURCE_UNREACHABLE',
        retriable: true,
        message: expect.stringContaining('root@127.0.0.1:1') as string,
      });
    });

    it('refuses changes that a session hid from the row log', async () => {
      await run(
        'create table shop.hidden (id int primary key, a int, b int); insert into shop.hidden values (1, 1, 1)',
      );
      const statement = await start('hidden');
      await run("set session binlog_format = 'STATEMENT'; update shop.hidden set a = 2");
      expect(await statement.ended).toMatchObject({ error: { code: 'CAPTURE_UNSUPPORTED_EVENT' } });
      await run(
        'create table shop.partial (id int primary key, a int, b int); insert into shop.partial values (1, 1, 1)',
      );
      const minimal = await start('partial');
      await run("set session binlog_row_image = 'MINIMAL'; update shop.partial set b = 3");
      expect(await minimal.ended).toMatchObject({ error: { code: 'CAPTURE_UNSUPPORTED_EVENT' } });
    });
  });
