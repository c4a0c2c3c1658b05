import { findSchedulerHealth } from '@tidegate/engine/server';
import type { FastifyInstance } from 'fastify';

import type { HealthResponse, VersionResponse } from '../../contract/index.ts';
import type { WebContext } from '../app.ts';

/** Liveness, health of the parts, version. */
export function monitorRoutes(app: FastifyInstance, { database, config }: WebContext): void {
  app.get('/health', { config: { access: 'public' } }, () => ({ status: 'ok' }));

  app.get(
    '/api/v2/monitor/health',
    { config: { access: 'public' } },
    async (): Promise<HealthResponse> => {
      const health = await findSchedulerHealth(database).catch(() => undefined);
      return {
        metadatabase: { status: health === undefined ? 'unhealthy' : 'healthy' },
        scheduler: {
          status: health?.isAlive === true ? 'healthy' : 'unhealthy',
          latest_scheduler_heartbeat: health?.latestHeartbeat?.toISOString() ?? null,
        },
        triggerer: { status: null, latest_triggerer_heartbeat: null },
        dag_processor: null,
      };
    },
  );

  app.get('/api/v2/version', { config: { access: 'public' } }, (): VersionResponse => ({
    version: config.version,
    git_version: null,
  }));
}
