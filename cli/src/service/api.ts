import { observeMetadata } from '@tidegate/engine/metrics';
import { checkSchema, Database } from '@tidegate/engine/server';
import { openTopicLog } from '@tidegate/engine/topic-log';
import { kafkaTopicLog, naming, serveApi } from '@tidegate/standalone/process';

import { checkServers } from './config.ts';
import { requireKafka, requireValue } from './required.ts';
import type { StartService } from './run-service.ts';

/** A database that takes statements and never answers must not keep people waiting. */
const PATIENCE_MS = 10_000;

/**
 * `tidegate api`: API and console. `listenHost` is where to listen when it is not `TIDEGATE_HOST`: inside of a
 * container whose port is published on `TIDEGATE_HOST` only.
 */
export function startApiService(listenHost: string | undefined): StartService {
  return async (config, logger) => {
    await checkServers(config, ['database', 'kafka']);
    const url = requireValue(config.databaseUrl);
    const database = new Database({ url, logger, patienceMs: PATIENCE_MS });
    await naming({ variable: 'TIDEGATE_DATABASE_URL', url }, 'TARGET_UNUSABLE', () =>
      checkSchema(database),
    );
    const topicLog = await openTopicLog(kafkaTopicLog(requireKafka(config.kafka)));
    const api = await serveApi(
      { ...config, ...(listenHost === undefined ? {} : { listenHost }) },
      { database, topicLog, logger },
    );
    return {
      summary: api.url,
      refresh: observeMetadata({ sql: database, topicLog }),
      stop: async () => {
        await api.stop();
        await topicLog.close();
        await database.close();
      },
    };
  };
}
