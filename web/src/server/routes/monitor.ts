import { findSchedulerHealth } from '@tidegate/engine/server';

import { healthResponse, versionResponse } from '../../contract/index.ts';
import type { Api, RouteContext } from '../api.ts';

/** Liveness, health of the parts, version. */
export function monitorRoutes(app: Api, { database, config }: RouteContext): void {
  app.get('/health', { config: { access: 'public' } }, () => ({ status: 'ok' }));

  app.get(
    '/api/v2/monitor/health',
    { config: { access: 'public' }, schema: { response: { 200: healthResponse } } },
    async () => {
      const health = await findSchedulerHealth(database).catch(() => undefined);
      return {
        metadatabase: { status: health === undefined ? 'unhealthy' : 'healthy' } as const,
        scheduler: {
          status: health?.isAlive === true ? 'healthy' : 'unhealthy',
          latest_scheduler_heartbeat: health?.latestHeartbeat?.toISOString() ?? null,
        } as const,
        triggerer: { status: null, latest_triggerer_heartbeat: null },
        dag_processor: null,
      };
    },
  );

  app.get(
    '/api/v2/version',
    { config: { access: 'public' }, schema: { response: { 200: versionResponse } } },
    () => ({ version: config.version, git_version: null }),
  );
}
