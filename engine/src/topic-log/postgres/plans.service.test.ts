import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { mostRowsRemoved } from '../../../../test/services/plan-text.ts';
import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../../test/services/services.ts';
import type { TopicLog } from '../topic-log.ts';
import { openTopicLog } from '../open-topic-log.ts';
import { sessionSettings } from './connections.ts';
import { batchAt, listHeads, readPage } from './statements.ts';

const BATCHES = 200;
const TOPIC = 'planned';
/** What every run reads: the ends, the record before its range, and the range. */
const READS = [
  ['batch_at', batchAt(TOPIC, 0, BATCHES - 1)],
  ['read_page', readPage({ topic: TOPIC, partition: 0 }, { from: 197, to: 200 }, 1_000_000)],
  ['list_heads', listHeads(TOPIC)],
] as const;
/** Three batches of a range, and what they are joined with. */
const MOST_ROWS = 5;

describeWith(['postgres'], 'plans of the PostgreSQL topic log', () => {
  let database: TestDatabase;
  let topicLog: TopicLog;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createPostgresDatabase('topic_log_plans');
    topicLog = await openTopicLog({ kind: 'postgres', url: database.url });
    await topicLog.ensureTopic(TOPIC, { partitions: 1 });
    client = new pg.Client({ ...sessionSettings(database.url) });
    await client.connect();
    for (const [name, { text, values }] of READS) {
      await client.query(`prepare ${name} as ${text}`);
      // At the sixth execution a plan is kept, here one of an empty log.
      for (let time = 0; time < 6; time += 1) await execute(name, values);
    }
    for (let place = 0; place < BATCHES; place += 1) {
      await topicLog.produce(TOPIC, [{ partition: 0, key: null, value: Buffer.from('one') }]);
    }
  });
  afterAll(async () => {
    await client.end();
    await topicLog.close();
    await database[Symbol.asyncDispose]();
  });

  it.each(READS)('%s reads no batch it does not answer', async (name, { values }) => {
    expect(await execute(name, values)).not.toEqual([]);
    const plan = await explain(name, values);
    const rows = [...plan.matchAll(/actual time=\S+ rows=(\d+)/g)].map((match) => Number(match[1]));
    const most = Math.max(...rows, mostRowsRemoved(plan));
    expect([most <= MOST_ROWS, plan]).toEqual([true, plan]);
  });

  async function execute(name: string, values: readonly unknown[]): Promise<unknown[]> {
    return (await client.query<Record<string, unknown>>(call(name, values))).rows;
  }

  async function explain(name: string, values: readonly unknown[]): Promise<string> {
    const { rows } = await client.query<Record<string, string>>(
      `explain (analyze) ${call(name, values)}`,
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }
});

function call(name: string, values: readonly unknown[]): string {
  return `execute ${name} (${values.map((value) => `'${String(value)}'`).join(', ')})`;
}
