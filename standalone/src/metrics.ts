import { countProcess, observeMetadata, serveMetrics } from '@tidegate/engine/metrics';
import { type Logger, metricsPort } from '@tidegate/engine/platform';
import type { Database } from '@tidegate/engine/server';
import type { TopicLog } from '@tidegate/engine/topic-log';

import type { SupervisedChild } from './child-process.ts';
import { portInUse } from './errors.ts';
import { isFree } from './services/index.ts';

export interface MetricsParts {
  readonly host: string;
  readonly database: Database;
  readonly topicLog: TopicLog;
  /** Processes whose metrics are told with ours. */
  readonly children: readonly SupervisedChild[];
  readonly logger: Logger;
}

/** Serves what all our processes count where `TIDEGATE_METRICS_PORT` says; undefined where it says nothing. */
export async function startMetrics(
  parts: MetricsParts,
): Promise<{ stop(): Promise<void> } | undefined> {
  if (metricsPort === undefined) return undefined;
  const { host, database, topicLog, children, logger } = parts;
  if (!(await isFree(host, metricsPort)))
    throw portInUse(host, metricsPort, 'TIDEGATE_METRICS_PORT');
  countProcess('api');
  return serveMetrics({
    host,
    port: metricsPort,
    refresh: [observeMetadata({ sql: database, topicLog })],
    others: async () => {
      const told = await Promise.all(children.map((child) => child.metrics()));
      return told.flatMap((metrics) => (metrics === undefined ? [] : [metrics]));
    },
    logger,
  });
}
