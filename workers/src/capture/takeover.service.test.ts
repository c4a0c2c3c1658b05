import { afterAll, beforeAll, expect, it, describe } from 'vitest';

import { SOURCE_KINDS } from '../../../test/services/service-addresses.ts';
import { describeWith } from '../../../test/services/services.ts';
import {
  createCaptureHarness,
  foldTopic,
  readTopic,
  until,
  type CaptureHarness,
} from './testing/capture-harness.ts';
import { startCapture } from './start-capture.ts';

for (const server of SOURCE_KINDS)
  describe.each(['postgres', 'kafka'] as const)('two captures of one prefix', (kind) => {
    describeWith([server, kind], `${server}, ${kind} log`, () => {
      let harness: CaptureHarness;
      beforeAll(async () => {
        harness = await createCaptureHarness(server, kind);
        await harness.sql.query('create table items (id int primary key auto_increment, n int)');
      });
      afterAll(() => harness[Symbol.asyncDispose]());

      it('ends the older one by name and doubles nothing', async () => {
        const topic = `${harness.config([]).prefix}.${harness.database}.items`;
        const older = await harness.capture(['items']);
        await harness.sql.query('insert into items (n) values (1), (2)');
        await until(() => older.status().rows >= 2, 'the first rows');
        const newer = await startCapture(harness.config(['items']), { log: harness.log });
        await harness.sql.query('insert into items (n) values (3), (4)');
        const end = await older.ended;
        expect(end).toMatchObject({ reason: 'failed', error: { code: 'PRODUCER_FENCED' } });
        await until(
          async () => foldTopic(await readTopic(harness.log, topic)).rows.size === 4,
          '4 rows',
        );
        expect(foldTopic(await readTopic(harness.log, topic)).doubled).toEqual([]);
        expect(newer.status().phase).toBe('streaming');
        await newer.stop();
        expect(await newer.ended).toEqual({ reason: 'stopped' });
      });

      it('goes on where it stopped, with what happened in between', async () => {
        const topic = `${harness.config([]).prefix}.${harness.database}.items`;
        await harness.sql.query('insert into items (n) values (5); delete from items where n = 1');
        const capture = await harness.capture(['items']);
        await until(async () => {
          const { rows, doubled } = foldTopic(await readTopic(harness.log, topic));
          expect(doubled).toEqual([]);
          return (
            [...rows.values()]
              .map((row) => row['n'])
              .sort()
              .join() === '2,3,4,5'
          );
        }, 'the rows changed while away');
        await capture.stop();
      });
    });
  });
