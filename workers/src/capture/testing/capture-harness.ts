import { openTopicLog, type LogRecord, type TopicLog } from '@tidegate/engine/topic-log';
import mysql, { type Connection } from 'mysql2/promise';
import { expect } from 'vitest';

import {
  createMysqlDatabase,
  createPostgresDatabase,
  serviceAddress,
  uniqueName,
  type TestDatabase,
} from '../../../../test/services/services.ts';
import type { SourceKind } from '../../../../test/services/service-addresses.ts';
import type { CaptureConfig } from '../capture-config.ts';
import { startCapture, type Capture } from '../start-capture.ts';

/** A source database, a topic log and a prefix that belong to one test file. */
export interface CaptureHarness extends AsyncDisposable {
  readonly database: string;
  readonly sourceUrl: string;
  /** Of the topic log on PostgreSQL, for child processes. */
  readonly logUrl: string;
  readonly sql: Connection;
  readonly log: TopicLog;
  /** Starts a capture of the tables (names without database); stopped with the harness. */
  capture(tables: readonly string[], more?: Partial<CaptureConfig>): Promise<Capture>;
  config(tables: readonly string[], more?: Partial<CaptureConfig>): CaptureConfig;
}

export async function createCaptureHarness(
  server: SourceKind,
  kind: 'postgres' | 'kafka' = 'postgres',
): Promise<CaptureHarness> {
  const source = await createMysqlDatabase('capture', server);
  if (kind === 'kafka') {
    const brokers = serviceAddress('kafka').split(',');
    return harnessOn(source, await openTopicLog({ kind, brokers }), undefined);
  }
  const target = await createPostgresDatabase('capture');
  return harnessOn(source, await openTopicLog({ kind, url: target.url }), target);
}

async function harnessOn(
  source: TestDatabase,
  log: TopicLog,
  target: TestDatabase | undefined,
): Promise<CaptureHarness> {
  const sql = await mysql.createConnection({
    uri: source.url,
    multipleStatements: true,
    timezone: 'Z',
  });
  await sql.query("set time_zone = '+00:00'");
  const prefix = uniqueName('p');
  const captures: Capture[] = [];
  const config: CaptureHarness['config'] = (tables, more = {}) => ({
    prefix,
    source: source.url,
    tables: tables.map((table) => `${source.name}.${table}`),
    ...more,
  });
  return {
    database: source.name,
    sourceUrl: source.url,
    logUrl: target?.url ?? '',
    sql,
    log,
    config,
    capture: async (tables, more) => {
      const capture = await startCapture(config(tables, more), { log });
      captures.push(capture);
      return capture;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(captures.map((capture) => capture.stop()));
      await sql.end();
      await log.close();
      await source[Symbol.asyncDispose]();
      await target?.[Symbol.asyncDispose]();
    },
  };
}

/** Polls until `condition` answers something; fails after the deadline with what was last seen. */
export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  deadlineMs = 15_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    expect(Date.now(), `not within ${deadlineMs} ms: ${what}`).toBeLessThan(end);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Envelope {
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly source: {
    readonly connector: string;
    readonly name: string;
    readonly db: string;
    readonly table: string;
    readonly file: string;
    readonly pos: number;
    readonly row: number;
    readonly snapshot: string;
    readonly sequence: string;
    readonly gtid: string | null;
    readonly server_id: number;
    readonly ts_ms: number;
  };
  readonly op: string;
  readonly ts_ms: number;
  readonly message?: { readonly prefix: string; readonly content: string };
}

export interface TopicEvent {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly text: string | null;
  readonly value: Envelope | null;
  readonly headers: readonly (readonly [string, string])[];
}

/** Everything in a topic, partition by partition. */
export async function readTopic(log: TopicLog, topic: string): Promise<TopicEvent[]> {
  const events: TopicEvent[] = [];
  for (const [partition, { start, end }] of await log.bounds(topic))
    for await (const batch of log.readRange(topic, partition, { from: start, to: end }))
      events.push(...batch.map(toEvent));
  return events;
}

function toEvent(record: LogRecord): TopicEvent {
  const text = record.value?.toString() ?? null;
  return {
    partition: record.partition,
    offset: record.offset,
    key: record.key?.toString() ?? null,
    text,
    value: text === null ? null : (JSON.parse(text) as Envelope),
    headers: record.headers.map(([name, value]) => [name, value?.toString() ?? '']),
  };
}

const RANK: Readonly<Record<string, number>> = { r: 0, d: 1, c: 2, u: 3 };

/** The version of an event as loaders compute it: epoch, file, pos, row, rank. */
export function versionOf({ source, op }: Envelope): number[] {
  const { epoch } = JSON.parse(source.sequence) as { epoch: number };
  const file = Number(source.file.split('.').pop());
  return [epoch, file, source.pos, source.row, RANK[op] ?? -1];
}

export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The oracle: the newest version of each key is the table; nothing may be there twice. */
export function foldTopic(events: readonly TopicEvent[]): {
  readonly rows: Map<string, Readonly<Record<string, unknown>>>;
  readonly doubled: readonly string[];
} {
  const newest = new Map<string, { version: number[]; after: Envelope['after'] }>();
  const ids = new Set<string>();
  const doubled: string[] = [];
  for (const { key, value } of events) {
    if (value === null || key === null || value.op === 'm') continue;
    const version = versionOf(value);
    const id = `${key} ${version.join(' ')}`;
    if (ids.has(id)) doubled.push(id);
    ids.add(id);
    const known = newest.get(key);
    if (known !== undefined && compareVersions(known.version, version) > 0) continue;
    newest.set(key, { version, after: value.op === 'd' ? null : value.after });
  }
  const rows = new Map<string, Readonly<Record<string, unknown>>>();
  for (const [key, { after }] of newest) if (after !== null) rows.set(key, after);
  return { rows, doubled };
}
