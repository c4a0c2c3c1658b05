import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createCaptureHarness,
  readTopic,
  until,
  type CaptureHarness,
  type TopicEvent,
} from './testing/capture-harness.ts';
import { caseColumns, caseValues, COLUMN_CASES } from './testing/column-cases.ts';

describeWith(['mysql', 'postgres'], 'capture of column types', () => {
  let harness: CaptureHarness;
  let snapshot: TopicEvent;
  let streamed: TopicEvent;

  beforeAll(async () => {
    harness = await createCaptureHarness();
    await harness.sql.query("set sql_mode = ''");
    await harness.sql.query(`create table kinds (id int primary key, ${caseColumns()})`);
    await harness.sql.query(`insert into kinds values (1, ${caseValues()})`);
    await harness.capture([], {
      tables: [{ table: `${harness.database}.kinds`, topic: 'kinds', partitions: 1 }],
    });
    const read = (count: number): Promise<TopicEvent[]> =>
      until(async () => {
        const events = await readTopic(harness.log, 'kinds');
        return events.length >= count ? events : false;
      }, `${count} events`);
    await read(1);
    await harness.sql.query(`insert into kinds values (2, ${caseValues()})`);
    const [first, second] = await read(2);
    snapshot = first!;
    streamed = second!;
  });
  afterAll(() => harness[Symbol.asyncDispose]());

  it.each(COLUMN_CASES.map(([type, literal, json], index) => ({ type, literal, json, index })))(
    '$type $literal is $json, in the snapshot and in the stream',
    ({ json, index }) => {
      const end = index === COLUMN_CASES.length - 1 ? '}' : `,"c${index + 1}":`;
      expect(snapshot.text).toContain(`"c${index}":${json}${end}`);
      expect(streamed.text).toContain(`"c${index}":${json}${end}`);
    },
  );
});
