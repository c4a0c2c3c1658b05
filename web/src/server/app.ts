import cookie from '@fastify/cookie';
import type { Logger } from '@tidegate/engine/platform';
import { DagVersions } from '@tidegate/engine/server';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';

import type { Api, RouteContext, WebContext } from './api.ts';
import { apiPage } from './api-page.ts';
import { auditChanges } from './audit.ts';
import { requireAccess } from './authorization.ts';
import { consoleAssets } from './console-assets.ts';
import { errorHandler } from './error-mapping.ts';
import { EventFeed } from './events/event-feed.ts';
import { checkHost, checkOrigin, secureHeaders } from './guard.ts';
import { countRequests } from './http-metrics.ts';
import { describeApi } from './openapi.ts';
import { authRoutes } from './routes/auth.ts';
import { clearRoutes } from './routes/clear.ts';
import { dagRoutes } from './routes/dags.ts';
import { dagRunRoutes } from './routes/dag-runs.ts';
import { dagRunChangeRoutes } from './routes/dag-run-changes.ts';
import { dagVersionRoutes } from './routes/dag-versions.ts';
import { eventLogRoutes } from './routes/event-logs.ts';
import { eventRoutes } from './routes/events.ts';
import { importErrorRoutes } from './routes/import-errors.ts';
import { markTaskRoutes } from './routes/mark-tasks.ts';
import { monitorRoutes } from './routes/monitor.ts';
import { nextExecutionRoutes } from './routes/next-executions.ts';
import { poolRoutes } from './routes/pools.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { streamRoutes } from './routes/streams.ts';
import { taskInstanceRoutes } from './routes/task-instances.ts';
import { taskLogRoutes } from './routes/task-logs.ts';
import { taskTryRoutes } from './routes/task-tries.ts';
import { taskRoutes } from './routes/tasks.ts';
import { uiRoutes } from './routes/ui.ts';
import { userRoutes } from './routes/users.ts';

const MOST_BODY_BYTES = 1024 * 1024;

/** The HTTP server of API and console, not yet listening. */
export async function createWebApp(context: WebContext, logger: Logger): Promise<Api> {
  const { config, database } = context;
  const app: Api = fastify({
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 300 },
  });
  app.setValidatorCompiler(validatorCompiler);
  // The handlers' types hold the schemas already: checking again costs more than the read itself.
  app.setSerializerCompiler(
    config.checksAnswers === true ? serializerCompiler : () => (answer) => JSON.stringify(answer),
  );
  app.setErrorHandler(errorHandler(logger));
  countRequests(app);
  app.addHook('onRequest', (request, reply, done) => {
    secureHeaders(reply);
    checkHost(request, config.allowedHosts);
    checkOrigin(request);
    done();
  });
  await app.register(cookie);
  await describeApi(app, config.version);
  await apiPage(app);
  requireAccess(app, context.access);
  auditChanges(app, { database, logger });
  const versions = new DagVersions(database);
  database.timeline.onChanged(() => versions.forget());
  const events = new EventFeed({ database, versions, logger });
  app.addHook('preClose', () => events.close());
  const parts: RouteContext = { ...context, versions, events };
  for (const routes of ROUTES) await routes(app, parts);
  consoleAssets(app);
  await app.ready();
  return app;
}

const ROUTES: readonly ((app: Api, context: RouteContext) => void | Promise<void>)[] = [
  monitorRoutes,
  authRoutes,
  sessionRoutes,
  userRoutes,
  dagRoutes,
  dagVersionRoutes,
  nextExecutionRoutes,
  taskRoutes,
  dagRunRoutes,
  dagRunChangeRoutes,
  taskInstanceRoutes,
  taskTryRoutes,
  taskLogRoutes,
  clearRoutes,
  markTaskRoutes,
  streamRoutes,
  poolRoutes,
  importErrorRoutes,
  eventLogRoutes,
  uiRoutes,
  eventRoutes,
];
