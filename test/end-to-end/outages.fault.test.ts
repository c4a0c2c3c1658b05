import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../services/services.ts';
import { BankUnderLoad, GOES_ON_WITHIN_MS } from './bank-under-load.ts';
import { signal, StandaloneUnderTest } from './standalone-under-test.ts';
import { tellFailures } from './tell-failures.ts';

const AWAY_MS = 20_000;
const SILENT_MS = 10_000;
/** Whose connections the product uses: metadata, topic log, warehouse. */
const ROLES = ['tidegate', 'tidegate_log', 'dwuser'];

describeWith(['mariadb'], 'the bank pipeline, databases away', () => {
  const standalone = new StandaloneUnderTest();
  let bank: BankUnderLoad;
  beforeAll(async () => {
    await standalone.start();
    bank = await BankUnderLoad.open(standalone, 4);
  }, 120_000);
  afterAll(async () => {
    signal(standalone.pid, 'SIGCONT');
    await bank[Symbol.asyncDispose]();
    await standalone[Symbol.asyncDispose]();
  }, 90_000);
  tellFailures(standalone);

  it.each(['postgres', 'mysql'] as const)(
    'waits while nothing answers at the port of %s, and goes on by itself',
    async (server) => {
      bank.source.startLoad();
      await delay(1_000);
      // Who would start it again stands still meanwhile.
      signal(standalone.pid, 'SIGSTOP');
      await standalone.kill(server);
      await delay(AWAY_MS);
      signal(standalone.pid, 'SIGCONT');
      expect(await bank.timeToGoOn(`20 s without ${server}`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );

  it.each(['postgres', 'mysql'] as const)(
    'waits while %s takes connections and never answers, and goes on by itself',
    async (server) => {
      bank.source.startLoad();
      await delay(1_000);
      await standalone.standStill(server, SILENT_MS);
      expect(await bank.timeToGoOn(`a silent ${server}`)).toBeLessThan(GOES_ON_WITHIN_MS);
      expect(await bank.faultsAtRest()).toEqual([]);
    },
  );

  it('waits while PostgreSQL has no connection to give, and goes on by itself', async () => {
    bank.source.startLoad();
    await delay(1_000);
    const administrator = new pg.Client(standalone.administratorUrl);
    await administrator.connect();
    await limitConnections(administrator, 0);
    const ended = await administrator.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = any ($1)',
      [ROLES],
    );
    expect(ended.rowCount).toBeGreaterThan(ROLES.length);
    await delay(SILENT_MS);
    const { rows } = await administrator.query(
      'select from pg_stat_activity where usename = any ($1)',
      [ROLES],
    );
    await limitConnections(administrator, -1);
    await administrator.end();
    expect(rows).toEqual([]);
    expect(await bank.timeToGoOn('too many connections')).toBeLessThan(GOES_ON_WITHIN_MS);
    expect(await bank.faultsAtRest()).toEqual([]);
  });
});

/** From then on the server refuses with 53300, as one whose connections are all taken. */
async function limitConnections(administrator: pg.Client, most: number): Promise<void> {
  for (const role of ROLES) {
    await administrator.query(`alter role ${role} connection limit ${most}`);
  }
}
