import { z } from 'zod';

import { instant } from './common.ts';

const status = z.enum(['healthy', 'unhealthy']);

/** `GET /api/v2/monitor/health`, as Airflow's. Parts that do not exist here have a null status. */
export const healthResponse = z.object({
  metadatabase: z.object({ status }),
  scheduler: z.object({ status, latest_scheduler_heartbeat: instant.nullable() }),
  triggerer: z.object({ status: z.null(), latest_triggerer_heartbeat: z.null() }),
  dag_processor: z.null(),
});
export type HealthResponse = z.infer<typeof healthResponse>;

export const versionResponse = z.object({
  version: z.string(),
  git_version: z.string().nullable(),
});
export type VersionResponse = z.infer<typeof versionResponse>;
