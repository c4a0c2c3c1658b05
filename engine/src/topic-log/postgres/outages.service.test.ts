import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { startProxy } from '../../../../test/cdc/cuttable-proxy.ts';
import {
  createPostgresDatabase,
  describeWith,
  type TestDatabase,
} from '../../../../test/services/services.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { CuttableProxy } from '../contract/cuttable-proxy.ts';
import { valuesOf } from '../contract/producing.ts';
import { sequence } from '../contract/reading.ts';
import {
  codeOf,
  createTopic,
  endOf,
  numbered,
  until,
  valuesUpTo,
} from '../contract/topic-log-under-test.ts';
import { openTopicLog } from '../open-topic-log.ts';

describeWith(['postgres'], 'PostgreSQL topic log through outages', () => {
  let database: TestDatabase;
  let proxy: CuttableProxy;
  /** Its connections break. */
  let log: AdministeredTopicLog;
  /** Sees the truth. */
  let direct: AdministeredTopicLog;

  beforeEach(async () => {
    database = await createPostgresDatabase('topic_log');
    const url = new URL(database.url);
    proxy = await CuttableProxy.start(url);
    direct = await openTopicLog({ kind: 'postgres', url: database.url });
    log = await openTopicLog({
      kind: 'postgres',
      url: proxy.through(url),
      appendLimitMs: 10_000,
    });
  });
  afterEach(async () => {
    proxy.heal();
    await log.close();
    await direct.close();
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it('stores an append once whose commit was never answered', async () => {
    const topic = await createTopic(direct);
    await log.produce(topic, numbered(1));
    proxy.silence();
    const append = log.produce(topic, numbered(5, 1));
    await until(async () => (await endOf(direct, topic)) === 6);
    proxy.heal();
    proxy.cut();
    await append;
    expect(await valuesOf(direct, topic)).toEqual(valuesUpTo(6));
  });

  it('stores a transaction once whose commit was never answered', async () => {
    const [first, second] = [await createTopic(direct), await createTopic(direct)];
    const producer = await log.openTransactionalProducer('capture');
    const append = (from: number): Promise<void> =>
      producer.produce([first, second].map((topic) => ({ topic, records: numbered(3, from) })));
    await append(0);
    proxy.silence();
    const unanswered = append(3);
    await until(async () => (await endOf(direct, second)) === 6);
    proxy.heal();
    proxy.cut();
    await unanswered;
    await append(6);
    for (const topic of [first, second]) {
      expect(await valuesOf(direct, topic)).toEqual(valuesUpTo(9));
    }
  });

  it('says that the outcome is unknown when the log stays away after an append was sent', async () => {
    const impatient = await openTopicLog({
      kind: 'postgres',
      url: proxy.through(new URL(database.url)),
      appendLimitMs: 300,
    });
    const topic = await createTopic(direct);
    await impatient.produce(topic, numbered(1));
    proxy.silence();
    const append = impatient.produce(topic, numbered(1, 1));
    await until(async () => (await endOf(direct, topic)) === 2);
    proxy.refuse();
    expect(await codeOf(append)).toBe('APPEND_OUTCOME_UNKNOWN');
    expect(await codeOf(impatient.produce(topic, numbered(1, 2)))).toBe('LOG_UNAVAILABLE');
    proxy.heal();
    await impatient.produce(topic, numbered(1, 2));
    expect(await valuesOf(direct, topic)).toEqual(['value-0', 'value-1', 'value-2']);
    await impatient.close();
  });

  it('hears of records again, and appends, after its connections died without a word', async () => {
    await using network = await startProxy(database.url);
    const lost = await openTopicLog({ kind: 'postgres', url: network.through(database.url) });
    const topic = await createTopic(direct);
    let wakes = 0;
    const subscription = lost.onRecords(topic, () => (wakes += 1));
    await until(() => wakes > 0);
    await lost.produce(topic, numbered(1));
    await until(() => wakes > 1);
    network.abandon();
    const before = wakes;
    const append = lost.produce(topic, numbered(1, 1));
    await until(() => wakes > before, 15_000);
    await append;
    expect(await valuesOf(direct, topic)).toEqual(['value-0', 'value-1']);
    await subscription.close();
    await lost.close();
  });

  it('waits with an append and says so until the log is back', async () => {
    const topic = await createTopic(direct);
    await log.produce(topic, numbered(1));
    proxy.refuse();
    const append = log.produce(topic, numbered(1, 1));
    const reading = valuesOf(log, topic);
    expect(await Promise.race([append, delay(300)])).toBe('still waiting');
    proxy.heal();
    await append;
    await reading;
    expect(await endOf(direct, topic)).toBe(2);
  });

  it('reads on where it stood when connections break in the middle', async () => {
    const topic = await createTopic(direct);
    for (let part = 0; part < 20; part++) await direct.produce(topic, numbered(100, part * 100));
    const told: (string | undefined)[] = [];
    const offsets: number[] = [];
    const range = { from: 7, to: 1_993 };
    const options = { maxBytes: 5_000, onWait: (what: string | undefined) => told.push(what) };
    for await (const batch of log.readRange(topic, 0, range, options)) {
      offsets.push(...batch.map((record) => record.offset));
      if (offsets.length % 3 === 0) proxy.cut();
      if (offsets.length > 1_000 && told.length === 0) {
        proxy.refuse();
        setTimeout(() => proxy.heal(), 200);
      }
    }
    expect(offsets).toEqual(sequence(7, 1_993));
    expect(told[0]).toMatch(/^the topic log to answer/);
    expect(told.at(-1)).toBeUndefined();
  });

  it('wakes again after its connection broke, and for what arrived meanwhile', async () => {
    const topic = await createTopic(direct);
    let wakes = 0;
    log.onRecords(topic, () => wakes++);
    await until(() => wakes > 0);
    proxy.refuse();
    const before = wakes;
    await direct.produce(topic, numbered(1));
    proxy.heal();
    await until(() => wakes > before);
    const reconnected = wakes;
    await direct.produce(topic, numbered(1, 1));
    await until(() => wakes > reconnected);
  });

  it('holds nobody back when a producer stops in the middle of a transaction', async () => {
    const topic = await createTopic(direct);
    const stopped = new pg.Client({
      connectionString: database.url,
      idle_in_transaction_session_timeout: 200,
    });
    stopped.on('error', () => undefined);
    await stopped.connect();
    await stopped.query('begin');
    await stopped.query('select from topic_log.partition_head for update');
    await log.produce(topic, numbered(1));
    expect(await endOf(direct, topic)).toBe(1);
    await stopped.end().catch(() => undefined);
  });
});

function delay(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('still waiting'), ms));
}
