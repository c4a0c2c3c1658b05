import { afterEach, beforeEach, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
} from '../../test/engine/metadata-database.ts';
import { sampleDag } from '../../test/engine/sample-dags.ts';
import { TestEngine } from '../../test/engine/test-engine.ts';
import { connectionTelling } from '../../test/engine/told-timeline.ts';
import type { Database } from '../store/db.ts';
import { openTopicLog } from '../topic-log/open-topic-log.ts';
import { createRunCommands } from './run-commands.ts';
import { startScheduler } from './start-scheduler.ts';

const SECOND_TIMELINE = connectionTelling({ isStandby: false, timeline: '00000002' });

describeWith(['postgres'], 'after a failover', () => {
  let own: MetadataDatabase;
  let engine: TestEngine;
  let database: Database;
  beforeEach(async () => {
    own = await createMetadataDatabase('after_failover');
    database = own.database;
    engine = await TestEngine.start(own.url);
  });
  afterEach(async () => {
    await engine[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  it('a scheduler that starts raises the fence tokens', async () => {
    const topicLog = await openTopicLog({ kind: 'postgres', url: own.url });
    await database.query(`select setval('tidegate.fence_token', 17)`);
    const startedMs = Date.now();
    const keys = { secretKeys: ['key'], workerToken: 'worker' };
    const scheduler = await startScheduler({ database, topicLog, ...keys });
    const { rows } = await database.query<{ token: number }>(
      `select nextval('tidegate.fence_token') as token`,
    );
    expect(rows[0]?.token).toBeGreaterThan((startedMs - 60_000) * 1_000);
    await scheduler.close();
    await topicLog.close();
  });

  it('a process without a scheduler goes by the version the database has, not by a lost one of its key', async () => {
    await engine.register(sampleDag('forked', { only: {} }));
    const topicLog = await openTopicLog({ kind: 'postgres', url: own.url });
    const commands = createRunCommands({ database, topicLog });
    const asked = { dagId: 'forked', triggeredBy: 'rest_api', triggeringUser: null, conf: {} };
    await commands.triggerRun(asked);
    const paramsSchema = { type: 'object', required: ['day'] };
    await database.query(
      `update tidegate.dag_version set serialized = $1 where dag_id = 'forked'`,
      [JSON.stringify(sampleDag('forked', { only: {} }, { paramsSchema }))],
    );
    await database.timeline.check(SECOND_TIMELINE);
    await expect(commands.triggerRun(asked)).rejects.toThrow('day');
    await topicLog.close();
  });
});
