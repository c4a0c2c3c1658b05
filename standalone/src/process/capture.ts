import { createLogger, type LogLevel } from '@tidegate/engine/platform';
import { openTopicLog, type TopicLogConfig } from '@tidegate/engine/topic-log';
import { type CaptureConfig, startCapture } from '@tidegate/workers/capture';

import { runChild } from '../child-process.ts';

export interface CaptureProcessConfig {
  readonly capture: CaptureConfig;
  readonly topicLog: TopicLogConfig;
  readonly logLevel: LogLevel;
}

runChild<CaptureProcessConfig>({
  start: async ({ capture, topicLog, logLevel }) => {
    const log = await openTopicLog(topicLog);
    const running = await startCapture(capture, { log, logger: createLogger('capture', logLevel) });
    // A capture that ends by itself said why in the log; the supervisor starts it again.
    void running.ended.then(({ reason }) => {
      if (reason === 'failed') process.exit(1);
    });
    return {
      stop: async () => {
        await running.stop();
        await log.close();
      },
    };
  },
});
