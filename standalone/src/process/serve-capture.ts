import type { Logger } from '@tidegate/engine/platform';
import { openTopicLog, type TopicLogConfig } from '@tidegate/engine/topic-log';
import { type CaptureConfig, type CaptureEnd, startCapture } from '@tidegate/workers/capture';

/** A capture and the topic log it writes. */
export interface ServedCapture {
  /** Resolves when the capture ended, asked to or by a fault that only a person can mend. */
  readonly ended: Promise<CaptureEnd>;
  stop(): Promise<void>;
}

/** Runs one capture into a topic log of its own: the child of standalone and `tidegate capture` alike. */
export async function serveCapture(
  capture: CaptureConfig,
  topicLog: TopicLogConfig,
  logger: Logger,
): Promise<ServedCapture> {
  const log = await openTopicLog(topicLog);
  const running = await startCapture(capture, { log, logger });
  return {
    ended: running.ended,
    stop: async () => {
      await running.stop();
      await log.close();
    },
  };
}
