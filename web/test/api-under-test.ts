import { createRequire } from 'node:module';

import { defineDag, every, serializeDag, type SerializedDag } from '@tidegate/engine/dag';
import { silentLogger } from '@tidegate/engine/platform';
import { createRunCommands, createUser, Database, migrate } from '@tidegate/engine/server';
import { MemoryTopicLog } from '@tidegate/engine/topic-log';
import type { InjectOptions } from 'fastify';

import { registerDags } from '../../engine/src/store/register-dags.ts';
import { createPostgresDatabase } from '../../test/services/services.ts';
import type { Role } from '../src/contract/index.ts';
import type { Api } from '../src/server/api.ts';
import { Access, createWebApp } from '../src/server/index.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface ApiUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly app: Api;
  readonly database: Database;
  readonly access: Access;
  /** Token of a user of this role, named like it. */
  tokenOf(role: Role): Promise<string>;
  /** Calls as the administrator. */
  call(request: InjectOptions): Promise<Answer>;
  register(dag: SerializedDag): Promise<void>;
}

const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

/**
 * The API on a migrated database of its own, with one DAG: `ticker`, every five minutes, param `day`. Every
 * answer is checked against its schema.
 */
export async function createApiUnderTest(host = '127.0.0.1'): Promise<ApiUnderTest> {
  const own = await createPostgresDatabase('web');
  const database = new Database({ url: own.url });
  await migrate(database);
  // Its clock stands still: what waits after failures waits for good.
  const access = new Access(database, () => 0);
  await access.ensureAdmin(undefined);
  const topicLog = new MemoryTopicLog();
  const config = {
    host,
    allowedHosts: ['tidegate.example'],
    version: VERSION,
    keepAliveMs: 50,
    checksAnswers: true,
  };
  const runs = createRunCommands({ database, topicLog });
  const app = await createWebApp({ config, database, runs, access }, silentLogger);
  const token = await access.issueToken('admin', 'test');
  const register = (dag: SerializedDag) => registerOne(database, dag);
  await register(serializeDag(ticker));
  return {
    url: own.url,
    app,
    database,
    access,
    register,
    tokenOf: async (role) => {
      if (role !== 'admin') {
        const user = { username: role, password_hash: 'none', role };
        await createUser(database, user).catch(() => undefined);
      }
      return access.issueToken(role, 'test');
    },
    call: async (request) => {
      const headers = { authorization: `Bearer ${token}`, ...request.headers };
      const answer = await app.inject({ ...request, headers });
      return { status: answer.statusCode, body: answer.body === '' ? {} : answer.json() };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await topicLog.close();
      await database.close();
      await own[Symbol.asyncDispose]();
    },
  };
}

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

async function registerOne(database: Database, serialized: SerializedDag): Promise<void> {
  const bundle = { hash: 'a'.repeat(64), exportName: 'dag' };
  await registerDags(database, {
    file: `${serialized.id}/dag.ts`,
    dags: [{ serialized, bundle, source: `// ${serialized.id}` }],
    error: null,
  });
}
