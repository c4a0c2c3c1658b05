import { createLogger, type LogLevel } from '@tidegate/engine/platform';
import type { TopicLogConfig } from '@tidegate/engine/topic-log';
import type { CaptureConfig } from '@tidegate/workers/capture';

import { runChild } from '../child-process.ts';
import { serveCapture } from './serve-capture.ts';

export interface CaptureProcessConfig {
  readonly capture: CaptureConfig;
  readonly topicLog: TopicLogConfig;
  readonly logLevel: LogLevel;
}

runChild<CaptureProcessConfig>({
  start: async ({ capture, topicLog, logLevel }) => {
    const running = await serveCapture(capture, topicLog, createLogger('capture', logLevel));
    // A capture that ends by itself said why in the log; the supervisor starts it again.
    void running.ended.then(({ reason }) => {
      if (reason === 'failed') process.exit(1);
    });
    return running;
  },
});
