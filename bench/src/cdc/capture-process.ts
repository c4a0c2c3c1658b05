/** Captures one table in a process of its own until so many rows are in the topic. */
import { setTimeout as delay } from 'node:timers/promises';

import { openTopicLog } from '@tidegate/engine/topic-log';
import { startCapture } from '@tidegate/workers/capture';

export interface CaptureOrder {
  readonly source: string;
  readonly brokers: string;
  readonly database: string;
  readonly prefix: string;
  /** 0: until the snapshot of the empty table is done. */
  readonly untilRows: number;
}

export interface CaptureReport {
  readonly rows: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakRssMb: number;
}

const DEADLINE_MS = 300_000;

process.once('message', (order: CaptureOrder) => {
  void capture(order).then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});

async function capture(order: CaptureOrder): Promise<CaptureReport> {
  const log = await openTopicLog({ kind: 'kafka', brokers: order.brokers.split(',') });
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const running = await startCapture(
    {
      prefix: order.prefix,
      source: order.source,
      tables: [`${order.database}.bank_accounts`],
    },
    { log },
  );
  for (;;) {
    const { rows, snapshots, phase, reason } = running.status();
    const isDone = snapshots.every(({ status }) => status === 'done');
    if (rows >= order.untilRows && isDone) break;
    if (phase === 'failed' || performance.now() - startedAt > DEADLINE_MS)
      throw new Error(`the capture did not get there: ${phase} ${reason ?? ''}`);
    await delay(5);
  }
  const ms = performance.now() - startedAt;
  const { rows } = running.status();
  const cpu = process.cpuUsage(before);
  await running.stop();
  await log.close();
  return {
    rows,
    ms,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
  };
}
