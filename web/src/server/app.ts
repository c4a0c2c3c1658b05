import type { Database, RunCommands } from '@tidegate/engine/server';
import type { Logger } from '@tidegate/engine/platform';
import { fastify, type FastifyInstance } from 'fastify';

import type { Access } from './access.ts';
import { requireAccess } from './authorization.ts';
import { consoleAssets } from './console-assets.ts';
import { errorHandler } from './error-mapping.ts';
import { checkHost, checkOrigin } from './guard.ts';
import { countRequests } from './http-metrics.ts';
import { authRoutes } from './routes/auth.ts';
import { dagRoutes } from './routes/dags.ts';
import { dagRunRoutes } from './routes/dag-runs.ts';
import { monitorRoutes } from './routes/monitor.ts';
import { streamRoutes } from './routes/streams.ts';
import { taskInstanceRoutes } from './routes/task-instances.ts';

export interface WebConfig {
  readonly host: string;
  /** Names besides loopback this server answers for. */
  readonly allowedHosts: readonly string[];
  readonly version: string;
}

/** What the routes work with. */
export interface WebContext {
  readonly config: WebConfig;
  readonly database: Database;
  readonly runs: RunCommands;
  readonly access: Access;
}

const MOST_BODY_BYTES = 1024 * 1024;

/** The HTTP server of API and console, not yet listening. */
export async function createWebApp(context: WebContext, logger: Logger): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 300 },
  });
  app.setErrorHandler(errorHandler(logger));
  countRequests(app);
  app.addHook('onRequest', (request, _reply, done) => {
    checkHost(request, context.config.allowedHosts);
    checkOrigin(request);
    done();
  });
  requireAccess(app, context.access);
  for (const routes of ROUTES) routes(app, context);
  consoleAssets(app);
  await app.ready();
  return app;
}

const ROUTES = [
  monitorRoutes,
  authRoutes,
  dagRoutes,
  dagRunRoutes,
  taskInstanceRoutes,
  streamRoutes,
];
