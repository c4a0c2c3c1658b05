import { inflateSync } from 'node:zlib';

import type { LogChunk, LogLine } from '@tidegate/engine/execution-contract';
import { silentLogger } from '@tidegate/engine/platform';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { systemLine } from './log-line.ts';
import { createLogShipper, type LogShipper } from './log-shipper.ts';

const TASK = { runKey: 1, ix: 0, tryNumber: 1, token: 1 };
let sent: string[];
let shipper: LogShipper;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  sent = [];
  shipper = createLogShipper({ send, log: silentLogger });
});
afterEach(() => {
  vi.useRealTimers();
});

function send(chunks: readonly LogChunk[]): Promise<void> {
  for (const { data } of chunks) {
    const lines = inflateSync(Buffer.from(data, 'base64')).toString().trimEnd().split('\n');
    sent.push(...lines.map((text) => (JSON.parse(text) as LogLine).message));
  }
  return Promise.resolve();
}

/** Time goes by, and what is due is sent. */
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

test('a silent log waits until it is itself as old as others may wait, whenever they leave', async () => {
  const talking = shipper.open(TASK);
  talking.append(systemLine('starts'));
  talking.append(systemLine('says'));
  await pass(90);
  const silent = shipper.open(TASK);
  silent.append(systemLine('starts silently'));
  await pass(20);
  expect(sent).toEqual(['starts', 'says']);
  expect(silent.isSilent()).toBe(true);
  await pass(100);
  expect(sent).toEqual(['starts', 'says', 'starts silently']);
  expect(silent.isSilent()).toBe(false);
});

test('a worker that drains sends what is silent too', async () => {
  const log = shipper.open(TASK);
  log.append(systemLine('starts'));
  const drained = shipper.drain(5_000);
  await pass(0);
  expect(sent).toEqual(['starts']);
  await drained;
});
