import { afterAll, beforeAll, describe } from 'vitest';

import type { AdministeredTopicLog } from '../administration.ts';
import { describeLargeRecords } from './large-records.ts';
import { describeProducing } from './producing.ts';
import { describeReading } from './reading.ts';
import type { TopicLogUnderTest } from './topic-log-under-test.ts';
import { describeTopics } from './topics.ts';
import { describeWaking } from './waking.ts';

/** What every topic log must do; registered by each adapter's test. Two clients of one log take part. */
export function describeTopicLogContract(name: string, subject: TopicLogUnderTest): void {
  describe(`topic log contract: ${name}`, () => {
    let one: AdministeredTopicLog;
    let two: AdministeredTopicLog;
    const log = (): AdministeredTopicLog => one;
    const other = (): AdministeredTopicLog => two;

    beforeAll(async () => {
      one = await subject.open();
      two = await subject.open();
    });
    afterAll(async () => {
      await one.close();
      await two.close();
    });

    describeReading(log);
    describeTopics(log);
    describeProducing(log, other);
    describeWaking(log, other);
    describeLargeRecords(log, { bytes: subject.largestRecordBytes });
  });
}
