import { openTopicLog, type LogRecord, type TopicLog } from '@tidegate/engine/topic-log';
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import {
  changeTable,
  type ChangeTable,
  type ChangeTableOptions,
} from '../../workers/src/cdc/change-table.ts';
import type { Change, Decoded } from '../../workers/src/cdc/change.ts';
import { ChangeDecoder } from '../../workers/src/cdc/decode-record.ts';
import { StreamVersions } from '../../workers/src/cdc/stream-state.ts';
import { until } from '../end-to-end/until.ts';
import { describeWith } from '../services/services.ts';
import { type ConnectorConfig, DebeziumUnderTest } from './debezium-under-test.ts';

const COLUMNS = {
  id: 'bigint unsigned',
  signed: 'bigint',
  price: 'decimal(12,2)',
  rate: 'decimal(24,6)',
  day: 'date',
  at: 'datetime',
  at3: 'datetime(3)',
  at6: 'datetime(6)',
  stamp: 'timestamp',
  span: 'time',
  note: 'string',
  doc: 'json',
  photo: 'bytes',
} as const;

const CREATE = `create table amounts (id bigint unsigned primary key, signed bigint, price decimal(12,2),
  rate decimal(24,6), day date, at datetime, at3 datetime(3), at6 datetime(6), stamp timestamp(6) null,
  span time(3), note varchar(40) character set utf8mb4 default 'none', doc json, photo blob)`;

/** No finer than milliseconds, no more digits than a double has, no negative time: some settings lose those. */
const FULL = [
  '18446744073709551615',
  '-9223372036854775808',
  '-12345678.90',
  '-12345.678901',
  '1969-12-31',
  '9999-12-31 23:59:59',
  '1969-12-31 23:59:59.999',
  '2026-11-21 01:02:03.123000',
  '2026-11-21 01:02:03.123000',
  '12:34:56.789',
  'Ä 은행 🏦',
  '{"a": [1, "x"]}',
  Buffer.from([0, 255]),
] as const;
const EMPTY = ['9007199254740993', ...Array.from({ length: 12 }, () => null)];

/** How each column of those rows must be decoded, in the form of `plain`. */
const FULL_ROW = {
  id: '18446744073709551615',
  signed: '-9223372036854775808',
  price: '-12345678.9',
  rate: '-12345.678901',
  day: '1969-12-31',
  at: '9999-12-31T23:59:59',
  at3: '1969-12-31T23:59:59.999',
  at6: '2026-11-21T01:02:03.123',
  stamp: '2026-11-21T01:02:03.123Z',
  span: '12:34:56.789',
  note: 'Ä 은행 🏦',
  doc: '{"a": [1, "x"]}',
  photo: '00ff',
};
const EMPTY_ROW = { ...nulls(), id: '9007199254740993' };

interface Setting {
  readonly name: string;
  readonly config: ConnectorConfig;
  readonly table?: Partial<Pick<ChangeTableOptions<typeof COLUMNS, ['id']>, TableSetting>>;
  /** A delete tells its key only. */
  readonly isKeyOnly?: true;
}
type TableSetting = 'decimals' | 'times' | 'tombstones';

const SCHEMAS = {
  'key.converter.schemas.enable': 'true',
  'value.converter.schemas.enable': 'true',
};
const PRECISE = { 'decimal.handling.mode': 'precise', 'bigint.unsigned.handling.mode': 'precise' };
const CONNECT_TIMES = { 'time.precision.mode': 'connect' };
const FIELDS = 'op,source.ts_ms,source.file,source.pos,source.row,source.snapshot';
const UNWRAP = {
  transforms: 'unwrap',
  'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
  'transforms.unwrap.add.fields': FIELDS,
  'transforms.unwrap.replace.null.with.default': 'false',
};
const REWRITE = { ...UNWRAP, 'transforms.unwrap.delete.tombstone.handling.mode': 'rewrite' };
/** A delete is a record without a value; what is known of it is in its headers. */
const TOMBSTONE = { ...UNWRAP, 'transforms.unwrap.add.headers': FIELDS };

const SETTINGS: readonly Setting[] = [
  { name: 'deployed', config: {} },
  { name: 'schemas', config: SCHEMAS },
  { name: 'precise', config: PRECISE, table: { decimals: 'base64' } },
  { name: 'precise_schemas', config: { ...PRECISE, ...SCHEMAS } },
  { name: 'double', config: { 'decimal.handling.mode': 'double' } },
  { name: 'times', config: CONNECT_TIMES, table: { times: 'connect' } },
  { name: 'times_schemas', config: { ...CONNECT_TIMES, ...SCHEMAS } },
  { name: 'isostring', config: { 'time.precision.mode': 'isostring' } },
  { name: 'unwrapped', config: REWRITE },
  { name: 'unwrapped_schemas', config: { ...REWRITE, ...PRECISE, ...SCHEMAS } },
  { name: 'tombstones', config: TOMBSTONE, table: { tombstones: 'delete' }, isKeyOnly: true },
  {
    name: 'tombstones_schemas',
    config: { ...TOMBSTONE, ...PRECISE, ...SCHEMAS },
    table: { tombstones: 'delete' },
    isKeyOnly: true,
  },
];

describeWith(['mariadb', 'kafka', 'connect'], 'Debezium’s settings', () => {
  let debezium: DebeziumUnderTest;
  let log: TopicLog;
  beforeAll(async () => {
    debezium = await DebeziumUnderTest.start();
    const sql = await mysql.createConnection({ uri: debezium.sourceUrl, timezone: 'Z' });
    await sql.query("set time_zone = '+00:00'");
    await sql.query(CREATE);
    await sql.query('insert into amounts values (?)', [FULL]);
    log = await openTopicLog({ kind: 'kafka', brokers: [debezium.kafka.brokers] });
    const connectors = SETTINGS.map(({ name, config }, index) => [
      name,
      configOf(name, index, config),
    ]);
    await debezium.register(Object.fromEntries(connectors) as Record<string, ConnectorConfig>);
    for (const { name } of SETTINGS) await records(name, 1);
    await sql.query('insert into amounts values (?)', [EMPTY]);
    await sql.query('update amounts set id = id - 1 where signed is not null');
    await sql.query('delete from amounts where signed is null');
    await sql.end();
  }, 240_000);
  afterAll(async () => {
    await log.close();
    await debezium[Symbol.asyncDispose]();
  }, 60_000);
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(debezium.story);
  });

  it.each(SETTINGS)('decodes what is written with: $name', async (setting) => {
    // Rewritten deletes have no tombstone; elsewhere those that follow a delete are ignored, or are the delete.
    const changes = await until(
      `all changes of ${setting.name}`,
      async () => {
        const decoded = await decodeAll(setting, 0);
        expect(decoded.filter(({ kind }) => kind === 'bad')).toEqual([]);
        const found = decoded.flatMap((one) => (one.kind === 'change' ? [one.change] : []));
        return found.length >= 5 ? found : undefined;
      },
      30_000,
    );
    const gone = (row: Readonly<Record<string, unknown>>) =>
      setting.isKeyOnly === true ? { ...nulls(), id: row['id'] } : row;
    expect(changes.map(({ op, row }) => [op, plain(row)])).toEqual([
      ['r', FULL_ROW],
      ['c', EMPTY_ROW],
      ['d', gone(FULL_ROW)],
      ['c', { ...FULL_ROW, id: '18446744073709551614' }],
      ['d', gone(EMPTY_ROW)],
    ]);
    expect(changes.map(versionOf)).toEqual(await deployedVersions());
  });

  /** What every other setting's changes must have too. */
  async function deployedVersions(): Promise<readonly string[]> {
    const decoded = await decodeAll({ name: 'deployed', config: {} }, 7);
    return decoded.flatMap((one) => (one.kind === 'change' ? [versionOf(one.change)] : []));
  }

  async function decodeAll({ name, table }: Setting, count: number): Promise<Decoded[]> {
    const described = changeTable({ topic: name, key: ['id'], columns: COLUMNS, ...table });
    const versions = new StreamVersions(name, { kind: undefined, epochs: [], positions: [] });
    const decoder = new ChangeDecoder(described as unknown as ChangeTable, versions);
    return (await records(name, count)).map((record) => decoder.decode(record));
  }

  function records(name: string, count: number): Promise<LogRecord[]> {
    return until(
      `${count} records of ${name}`,
      async () => {
        const read = await readAll(`${name}.bankdb.amounts`);
        return read.length >= count ? read : undefined;
      },
      60_000,
    );
  }

  async function readAll(topic: string): Promise<LogRecord[]> {
    const bounds = await log
      .bounds(topic)
      .catch(() => new Map<number, { start: number; end: number }>());
    const read: LogRecord[] = [];
    for (const [partition, { start, end }] of bounds)
      for await (const batch of log.readRange(topic, partition, { from: start, to: end }))
        read.push(...batch);
    return read;
  }

  function configOf(name: string, index: number, config: ConnectorConfig): ConnectorConfig {
    return debezium.deployedConfig({
      'topic.prefix': name,
      'database.server.id': String(7_000 + index),
      'table.include.list': 'bankdb.amounts',
      'schema.history.internal.kafka.topic': `history-${name}`,
      'topic.creation.default.partitions': '1',
      ...config,
    });
  }
});

function versionOf({ op, v1, v2 }: Change): string {
  return `${op} ${v1} ${v2}`;
}

/** A decoded row as text: settings differ in zeros at the end of a fraction only. */
function plain(row: Readonly<Record<string, unknown>>): Record<string, string | null> {
  const text = (value: unknown): string | null => {
    if (value === null) return null;
    if (Buffer.isBuffer(value)) return value.toString('hex');
    return (value as string | number | bigint)
      .toString()
      .replace(/(\.\d*?)0+(Z?)$/, '$1$2')
      .replace(/\.(Z?)$/, '$1');
  };
  return Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, text(row[name])]));
}

function nulls(): Record<string, string | null> {
  return Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, null]));
}
