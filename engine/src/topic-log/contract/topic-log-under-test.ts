import { randomBytes } from 'node:crypto';

import { BugError } from '../../platform/errors.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import type { LogRecord, NewRecord, OffsetRange, ReadOptions, TopicLog } from '../topic-log.ts';

/** What the contract needs of an adapter: any number of clients of one and the same log. */
export interface TopicLogUnderTest {
  open(): Promise<AdministeredTopicLog>;
  readonly largestRecordBytes: number;
}

export function uniqueTopic(): string {
  return `contract-${randomBytes(6).toString('hex')}`;
}

export async function createTopic(
  log: TopicLog,
  partitions = 1,
  compacted = false,
): Promise<string> {
  const topic = uniqueTopic();
  await log.ensureTopic(topic, { partitions, compacted });
  return topic;
}

/** `count` records for partition 0 whose value tells their number. */
export function numbered(count: number, first = 0): NewRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`key-${first + index}`),
    value: Buffer.from(`value-${first + index}`),
    partition: 0,
  }));
}

/** The values of the first `count` of them. */
export function valuesUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `value-${index}`);
}

/** Reads a whole range into memory; buffers are copied, as consumers that keep them must. */
export async function readAll(
  log: TopicLog,
  topic: string,
  range: OffsetRange & { readonly partition?: number; readonly options?: ReadOptions },
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.readRange(topic, range.partition ?? 0, range, range.options)) {
    for (const record of batch) {
      records.push({
        ...record,
        key: record.key && Buffer.from(record.key),
        value: record.value && Buffer.from(record.value),
      });
    }
  }
  return records;
}

export function textOf(bytes: Buffer | null | undefined): string | undefined {
  return bytes?.toString('utf8');
}

/** The error code a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return undefined;
}

/** Asks until the answer is true: for what becomes true by itself. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new BugError(`not so within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Where partition 0 ends now. */
export async function endOf(log: TopicLog, topic: string, partition = 0): Promise<number> {
  const bounds = (await log.bounds(topic)).get(partition);
  if (bounds === undefined) throw new BugError(`no partition ${partition}`);
  return bounds.end;
}
