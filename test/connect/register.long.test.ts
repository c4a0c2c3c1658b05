import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { DebeziumUnderTest } from './debezium-under-test.ts';

describeWith(['mariadb', 'kafka', 'connect'], 'deploy/connect/register.sh', () => {
  let debezium: DebeziumUnderTest;
  beforeAll(async () => {
    debezium = await DebeziumUnderTest.start();
  }, 180_000);
  afterAll(() => debezium[Symbol.asyncDispose](), 60_000);

  it('registers nothing beside a capture of ours', async () => {
    const bank = debezium.deployedConfig();
    await expect(debezium.register({ bank }, { TIDEGATE_CAPTURE: 'on' })).rejects.toThrow(
      'Tidegate captures the source itself',
    );
    expect(await registered()).toEqual([]);
  });

  it('says what Connect finds wrong, and fails', async () => {
    const wrong = debezium.deployedConfig({ 'database.password': 'wrong' });
    await expect(debezium.register({ bank: wrong })).rejects.toThrow(
      /bank is refused.*Unable to connect/s,
    );
    expect(await registered()).toEqual([]);
  });

  it('says why a connector does not run, and fails', async () => {
    const bank = debezium.deployedConfig({
      'topic.creation.default.partitions': 'x',
    });
    await expect(debezium.register({ bank })).rejects.toThrow(/bank (is refused|failed)/);
  });

  it('waits for workers that are just starting, and changes nothing when run again', async () => {
    const bank = debezium.deployedConfig();
    const said = 'connect: bank is registered and runs\n';
    expect(await debezium.register({ bank })).toBe(said);
    await debezium.killConnect();
    await debezium.startConnect();
    expect(await debezium.register({ bank })).toBe(said);
    expect(await registered()).toEqual(['bank']);
  });

  async function registered(): Promise<unknown> {
    return (await fetch(`${debezium.connect.url}/connectors`)).json();
  }
});
