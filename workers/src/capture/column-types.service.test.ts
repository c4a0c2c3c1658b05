import { afterAll, beforeAll, expect, it } from 'vitest';

import { SOURCE_KINDS } from '../../../test/services/service-addresses.ts';
import { describeWith } from '../../../test/services/services.ts';
import {
  createCaptureHarness,
  readTopic,
  until,
  type CaptureHarness,
  type TopicEvent,
} from './testing/capture-harness.ts';
import { caseColumns, caseValues, columnCases } from './testing/column-cases.ts';

for (const server of SOURCE_KINDS)
  describeWith([server, 'postgres'], `capture of column types, ${server}`, () => {
    const cases = columnCases(server);
    let harness: CaptureHarness;
    let snapshot: TopicEvent;
    let streamed: TopicEvent;

    beforeAll(async () => {
      harness = await createCaptureHarness(server);
      await harness.sql.query("set sql_mode = ''");
      await harness.sql.query(`create table kinds (id int primary key, ${caseColumns(cases)})`);
      await harness.sql.query(`insert into kinds values (1, ${caseValues(cases)})`);
      await harness.capture([], {
        tables: [{ table: `${harness.database}.kinds`, topic: 'kinds', partitions: 1 }],
      });
      const read = (count: number): Promise<TopicEvent[]> =>
        until(async () => {
          const events = await readTopic(harness.log, 'kinds');
          return events.length >= count ? events : false;
        }, `${count} events`);
      await read(1);
      await harness.sql.query(`insert into kinds values (2, ${caseValues(cases)})`);
      const [first, second] = await read(2);
      snapshot = first!;
      streamed = second!;
    });
    afterAll(() => harness[Symbol.asyncDispose]());

    it.each(cases.map(([type, literal, json], index) => ({ type, literal, json, index })))(
      '$type $literal is $json, in the snapshot and in the stream',
      ({ json, index }) => {
        const end = index === cases.length - 1 ? '}' : `,"c${index + 1}":`;
        expect(snapshot.text).toContain(`"c${index}":${json}${end}`);
        expect(streamed.text).toContain(`"c${index}":${json}${end}`);
      },
    );
  });
