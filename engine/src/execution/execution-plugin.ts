import type { FastifyInstance } from 'fastify';

import type { SchedulerCore } from '../scheduler/scheduler-core.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../store/db.ts';
import { answerErrors, requireWorkerToken } from './access.ts';
import { routeArtefacts } from './route-artefacts.ts';
import { routeClaim } from './route-claim.ts';
import { routeDags } from './route-dags.ts';
import { routeFinish } from './route-finish.ts';
import { routeHeartbeat } from './route-heartbeat.ts';
import { routeLog } from './route-log.ts';
import { routeSecrets, type SecretSources } from './route-secrets.ts';
import { routeSession } from './route-session.ts';
import { routeStart } from './route-start.ts';

export interface ExecutionOptions {
  readonly scheduler: SchedulerCore;
  readonly database: Database;
  readonly clock: Clock;
  readonly workerToken: string;
  readonly secrets: SecretSources;
  /** At so many kills of its process in a row a task fails. (Default: 3) */
  readonly mostKills?: number;
  /** Told after a registration. */
  readonly onDagsChanged?: () => void;
}

/** 1,000 results of 4 MB together, with room for what JSON adds. */
export const EXECUTION_BODY_LIMIT = 16 * 1_048_576;

/** The execution API on a Fastify instance of its own listener. */
export async function registerExecution(
  app: FastifyInstance,
  options: ExecutionOptions,
): Promise<void> {
  answerErrors(app);
  await app.register(async (workers) => {
    requireWorkerToken(workers, options.workerToken);
    routeClaim(workers, options);
    routeStart(workers, options);
    routeFinish(workers, options);
    routeHeartbeat(workers, options);
    routeLog(workers, options);
    routeSession(workers, options);
    routeArtefacts(workers, options);
    routeDags(workers, options);
    await Promise.resolve();
  });
  await app.register(async (tasks) => {
    routeSecrets(tasks, options);
    await Promise.resolve();
  });
}
