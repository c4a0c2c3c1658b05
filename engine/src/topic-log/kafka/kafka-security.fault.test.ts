import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  KAFKA_USER,
  type SecuredKafka,
  startSecuredKafka,
} from '../../../../test/services/secured-kafka.ts';
import { describeWith } from '../../../../test/services/services.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { describeTopicLogContract } from '../contract/topic-log-contract.ts';
import { openTopicLog } from '../open-topic-log.ts';
import type { KafkaTopicLogOptions } from './kafka-options.ts';

describeWith(['kafka'], 'Kafka with TLS and SASL', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'secured-kafka-'));
  let kafka: SecuredKafka;
  beforeAll(async () => {
    kafka = await startSecuredKafka(folder);
  }, 90_000);
  afterAll(async () => {
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const open = (changes: Partial<KafkaTopicLogOptions> = {}): Promise<AdministeredTopicLog> =>
    openTopicLog({
      kind: 'kafka',
      brokers: [kafka.secured],
      sasl: { mechanism: 'scram-sha-512', ...KAFKA_USER },
      tls: { ca: [kafka.ca] },
      patienceMs: 300,
      ...changes,
    });

  describeTopicLogContract('kafka over SASL_SSL', {
    open: () => open(),
    largestRecordBytes: 20 * 1024 * 1024,
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'signs in by %s, writes and reads',
    async (mechanism) => {
      const log = await open({ sasl: { mechanism, ...KAFKA_USER } });
      await log.ensureTopic(mechanism, { partitions: 1 });
      await log.produce(mechanism, [{ key: null, value: Buffer.from('sealed') }]);
      const read: (string | undefined)[] = [];
      for await (const batch of log.readRange(mechanism, 0, { from: 0, to: 1 }))
        read.push(...batch.map(({ value }) => value?.toString()));
      expect(read).toEqual(['sealed']);
      await log.close();
    },
  );

  it.each(['plain', 'scram-sha-512'] as const)(
    'refuses a wrong password by name and at once, by %s',
    async (mechanism) => {
      const startedAt = performance.now();
      const sasl = { mechanism, ...KAFKA_USER, password: 'wrong' };
      await expect(open({ sasl })).rejects.toMatchObject({
        code: 'LOG_ACCESS_DENIED',
        message: expect.stringContaining('Check the SASL user and password') as string,
      });
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    },
  );

  it('names a certificate it does not trust, and the variable that mends it', async () => {
    const startedAt = performance.now();
    await expect(open({ tls: true })).rejects.toThrow(/certificate.*TIDEGATE_KAFKA_TLS_CA/s);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('says what is wrong when one side encrypts and the other does not', async () => {
    const connectLimitMs = 1_000;
    const sealed = open({ brokers: [kafka.brokers], connectLimitMs });
    await expect(sealed).rejects.toThrow(/TIDEGATE_KAFKA_TLS/);
    const plain = openTopicLog({ kind: 'kafka', brokers: [kafka.secured], connectLimitMs });
    await expect(plain).rejects.toThrow(/TIDEGATE_KAFKA_TLS/);
  });
});
