/** The scheduler with its execution API in a process of its own, as the product runs it. */
import { MemoryTopicLog } from '@tidegate/engine/topic-log';
import { Database, EXECUTION_BODY_LIMIT, startScheduler } from '@tidegate/engine/server';
import { fastify } from 'fastify';

export interface SchedulerOrder {
  readonly databaseUrl: string;
  readonly workerToken: string;
}

export interface SchedulerReady {
  readonly port: number;
}

process.once('message', ({ databaseUrl, workerToken }: SchedulerOrder) => {
  void start(databaseUrl, workerToken);
});

async function start(databaseUrl: string, workerToken: string): Promise<void> {
  const database = new Database({ url: databaseUrl });
  const scheduler = await startScheduler({
    database,
    topicLog: new MemoryTopicLog(),
    secretKeys: ['bench'],
    workerToken,
  });
  const app = fastify({ bodyLimit: EXECUTION_BODY_LIMIT, forceCloseConnections: true });
  await scheduler.registerExecution(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send?.({ port } satisfies SchedulerReady);
  process.once('SIGTERM', () => {
    void app
      .close()
      .then(() => scheduler.close())
      .then(() => database.close())
      .finally(() => process.exit(0));
  });
}
