import type { Logger } from '@tidegate/engine/platform';
import { type AdministeredTopicLog, deleteRecordsOlderThan } from '@tidegate/engine/topic-log';

const DAY_MS = 24 * 3_600_000;
/** As long as Kafka keeps records by default. */
const RETAINED_MS = 7 * DAY_MS;
const EVERY_MS = 3_600_000;

/**
 * Keeps the embedded topic log from growing for ever: records older than a week go, hourly. A stream that has
 * not read them by then fails by name, as on Kafka. The returned function ends it.
 */
export function startLogRetention(
  log: AdministeredTopicLog,
  topic: string,
  logger: Logger,
): () => void {
  const clean = () => {
    deleteRecordsOlderThan(log, topic, new Date(Date.now() - RETAINED_MS)).catch((err: unknown) => {
      logger.warn({ err, topic }, 'old records were not removed; the next hour tries again');
    });
  };
  const timer = setInterval(clean, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
