/** The HTTP API in a process of its own, as the product runs it. */
import { silentLogger } from '@tidegate/engine/platform';
import { createRunCommands, Database } from '@tidegate/engine/server';
import { MemoryTopicLog } from '@tidegate/engine/topic-log';
import { Access, createWebApp } from '@tidegate/web/server';

export interface ApiOrder {
  readonly databaseUrl: string;
}

export interface ApiReady {
  readonly url: string;
  readonly token: string;
}

process.once('message', ({ databaseUrl }: ApiOrder) => {
  void start(databaseUrl);
});

async function start(databaseUrl: string): Promise<void> {
  const database = new Database({ url: databaseUrl });
  const access = new Access(database);
  await access.ensureAdmin('bench password');
  const app = await createWebApp(
    {
      config: { host: '127.0.0.1', allowedHosts: [], version: 'bench' },
      database,
      runs: createRunCommands({ database, topicLog: new MemoryTopicLog() }),
      access,
    },
    silentLogger,
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const token = await access.issueToken('admin', 'bench');
  process.send?.({ url, token } satisfies ApiReady);
  process.once('SIGTERM', () => {
    void app
      .close()
      .then(() => database.close())
      .finally(() => process.exit(0));
  });
}
