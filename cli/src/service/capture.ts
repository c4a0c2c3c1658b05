import { bankCapture, kafkaTopicLog, naming, serveCapture } from '@tidegate/standalone/process';

import { checkServers } from './config.ts';
import { requireKafka, requireValue } from './required.ts';
import type { StartService } from './run-service.ts';

/** `tidegate capture`: reads the source's binlog into Kafka. */
export const startCaptureService: StartService = async (config, logger) => {
  // Idle, not ended: whoever watches over services would start it again and again.
  if (!config.isCaptureOn) {
    const summary = 'nothing to do: somebody else writes the topics (TIDEGATE_CAPTURE=off)';
    return { summary, stop: () => Promise.resolve(), ended: idle() };
  }
  await checkServers(config, ['kafka']);
  const source = requireValue(config.connections['BANKDB']);
  const capture = bankCapture(source);
  const named = { variable: 'TIDEGATE_CONN_BANKDB', url: source };
  const running = await naming(named, 'SOURCE_UNUSABLE', () =>
    serveCapture(capture, kafkaTopicLog(requireKafka(config.kafka)), logger),
  );
  const { host } = new URL(source);
  const tables = capture.tables.map((table) => (typeof table === 'string' ? table : table.table));
  return {
    summary: `${tables.join(', ')} of ${host}`,
    stop: () => running.stop(),
    ended: running.ended.then((end) => (end.reason === 'failed' ? end.error : undefined)),
  };
};

/** Never resolves; the timer keeps the process. */
function idle(): Promise<undefined> {
  return new Promise(() => setInterval(() => undefined, 60_000));
}
