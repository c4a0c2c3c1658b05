import { afterAll, beforeAll } from 'vitest';

import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../../test/services/services.ts';
import { describeTopicLogContract } from '../contract/topic-log-contract.ts';
import { openTopicLog } from '../open-topic-log.ts';

describeWith(['postgres'], 'PostgreSQL topic log', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createPostgresDatabase('topic_log');
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  describeTopicLogContract('postgres', {
    open: () => openTopicLog({ kind: 'postgres', url: database.url }),
    largestRecordBytes: 20 * 1024 * 1024,
  });
});
