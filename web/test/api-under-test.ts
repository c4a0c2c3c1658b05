import { createRequire } from 'node:module';

import { defineDag, every, serializeDag } from '@tidegate/engine/dag';
import { silentLogger } from '@tidegate/engine/platform';
import { createRunCommands, Database, migrate } from '@tidegate/engine/server';
import { MemoryTopicLog } from '@tidegate/engine/topic-log';
import type { FastifyInstance, InjectOptions } from 'fastify';

import { registerDags } from '../../engine/src/store/register-dags.ts';
import { createPostgresDatabase } from '../../test/services/services.ts';
import { Access, createWebApp } from '../src/server/index.ts';

export interface ApiUnderTest extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly database: Database;
  readonly access: Access;
  /** Calls as the administrator. */
  call(request: InjectOptions): Promise<{ status: number; body: Record<string, unknown> }>;
}

const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

/** The API on a migrated database of its own, with one DAG: `ticker`, every five minutes, param `day`. */
export async function createApiUnderTest(host = '127.0.0.1'): Promise<ApiUnderTest> {
  const own = await createPostgresDatabase('web');
  const database = new Database({ url: own.url });
  await migrate(database);
  await registerTicker(database);
  const access = new Access(database);
  await access.ensureAdmin(undefined);
  const topicLog = new MemoryTopicLog();
  const app = await createWebApp(
    {
      config: { host, allowedHosts: ['tidegate.example'], version: VERSION },
      database,
      runs: createRunCommands({ database, topicLog }),
      access,
    },
    silentLogger,
  );
  const token = await access.issueToken('admin', 'test');
  return {
    app,
    database,
    access,
    call: async (request) => {
      const headers = { authorization: `Bearer ${token}`, ...request.headers };
      const answer = await app.inject({ ...request, headers });
      return { status: answer.statusCode, body: answer.json() };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await topicLog.close();
      await database.close();
      await own[Symbol.asyncDispose]();
    },
  };
}

async function registerTicker(database: Database): Promise<void> {
  const ticker = defineDag(
    {
      id: 'ticker',
      schedule: every('5m'),
      startDate: '2026-01-01T00:00:00Z',
      owner: 'data',
      tags: ['clock'],
      params: {
        type: 'object',
        properties: { day: { type: 'string' } },
        additionalProperties: false,
      },
    },
    ({ task }) => {
      task('tick', () => null);
    },
  );
  const bundle = { hash: 'a'.repeat(64), exportName: 'ticker' };
  const serialized = serializeDag(ticker);
  await registerDags(database, {
    file: 'ticker/dag.ts',
    dags: [{ serialized, bundle, source: '' }],
    error: null,
  });
}
