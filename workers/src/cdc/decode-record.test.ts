import type { LogRecord } from '@tidegate/engine/topic-log';
import { describe, expect, it } from 'vitest';

import { changeTable, type ChangeTable } from './change-table.ts';
import type { Change } from './change.ts';
import { ChangeDecoder } from './decode-record.ts';
import { StreamVersions } from './stream-state.ts';

const types = changeTable({
  topic: 'shop.order_db.everything',
  key: ['id'],
  columns: {
    id: 'bigint',
    total: 'decimal(12,2)',
    big: 'bigint unsigned',
    paid: 'boolean',
    created_at: 'datetime(6)',
    day: 'date',
    span: 'time',
    updated_at: 'timestamp',
    photo: 'bytes',
    notes: 'json',
  },
});

const plain = {
  id: 1,
  total: '12345678901234.12',
  big: 7,
  paid: 1,
  created_at: 1529476623123456,
  day: 19782,
  span: -3723000001,
  updated_at: '2018-06-20T13:37:03Z',
  photo: 'AAEC',
  notes: '{"a": 1}',
};

const decoded = {
  id: 1,
  total: '12345678901234.12',
  big: 7,
  paid: true,
  created_at: '2018-06-20T06:37:03.123456',
  day: '2024-02-29',
  span: '-01:02:03.000001',
  updated_at: '2018-06-20T13:37:03Z',
  photo: Buffer.from([0, 1, 2]),
  notes: '{"a": 1}',
};

const source = {
  version: '3.6.1.Final',
  connector: 'mysql',
  ts_ms: 1767225600000,
  ts_us: 1767225600000123,
  snapshot: 'false',
  sequence: null as string | null,
  file: 'mysql-bin.000003',
  pos: 484,
  row: 2,
};

function record(value: unknown, more: Partial<LogRecord> = {}): LogRecord {
  const text = typeof value === 'string' || value === null ? value : JSON.stringify(value);
  return {
    partition: 0,
    offset: 10,
    key: Buffer.from('{"id":1}'),
    value: text === null ? null : Buffer.from(text),
    timestamp: 5,
    headers: [],
    ...more,
  };
}

function decoderOf(table: unknown = types): ChangeDecoder {
  const known = { kind: undefined, epochs: [], positions: [] };
  return new ChangeDecoder(table as ChangeTable, new StreamVersions('topic', known));
}

function changeOf(value: unknown, table?: unknown, more?: Partial<LogRecord>): Change {
  const result = decoderOf(table).decode(record(value, more));
  if (result.kind === 'bad') throw result.error;
  if (result.kind !== 'change') throw new Error(`decoded as ${result.kind}`);
  return result.change;
}

function errorOf(value: unknown, table?: unknown): string {
  const result = decoderOf(table).decode(record(value));
  return result.kind === 'bad' ? `${result.error.code}: ${result.error.message}` : result.kind;
}

const event = (op: string, rows: object, more: object = {}) => ({
  before: null,
  after: null,
  source: { ...source, ...more },
  op,
  ts_ms: 1,
  ...rows,
});

describe('change events', () => {
  it('decodes every column type exactly', () => {
    expect(changeOf(event('c', { after: { ...plain } })).row).toEqual(decoded);
  });

  it('versions a change by its source position, and ranks changes at the same place', () => {
    const versions = ['r', 'd', 'c', 'u'].map((op) => {
      const rows = op === 'd' ? { before: { ...plain } } : { after: { ...plain } };
      const { v1, v2 } = changeOf(event(op, rows));
      return [v1, v2];
    });
    const base = 484 * 65_536 + 8;
    expect(versions).toEqual([0, 1, 2, 3].map((rank) => [3, base + rank]));
  });

  it("takes the epoch of our own capture's events from their sequence", () => {
    const own = { sequence: '{"epoch":2}' };
    expect(changeOf(event('c', { after: { ...plain } }, own)).v1).toBe(2 * 2 ** 24 + 3);
  });

  it('takes the time of the change from the source, in microseconds where it has them', () => {
    expect(changeOf(event('c', { after: { ...plain } })).changedAtMs).toBe(1767225600000.123);
  });

  it.each([
    ['r', 'false', 'r'],
    ['r', 'first_in_data_collection', 'r'],
    ['r', 'incremental', 'r'],
    ['c', 'last', 'r'],
    ['c', true, 'r'],
    ['c', false, 'c'],
    ['c', null, 'c'],
    ['c', undefined, 'c'],
  ])('reads op %s with snapshot marker %s as %s', (op, snapshot, expected) => {
    expect(changeOf(event(op, { after: { ...plain } }, { snapshot })).op).toBe(expected);
  });

  it('splits an update of the primary key', () => {
    const moved = event('u', { before: { ...plain }, after: { ...plain, id: 2 } });
    expect(decoderOf().decode(record(moved))).toMatchObject({
      kind: 'moved',
      removed: { op: 'd', row: { id: 1 }, v2: 484 * 65_536 + 9 },
      added: { op: 'c', row: { id: 2 }, v2: 484 * 65_536 + 10 },
    });
  });

  it('finds the key of a delete without the old row in the record key', () => {
    const change = changeOf(event('d', {}));
    expect(change).toMatchObject({ op: 'd', row: { id: 1, total: null } });
  });

  it('reads truncates, and passes over logical messages', () => {
    expect(decoderOf().decode(record(event('t', {})))).toMatchObject({ kind: 'truncate', v1: 3 });
    expect(decoderOf().decode(record(event('m', {}))).kind).toBe('ignored');
  });

  it.each([
    ['a tombstone', null],
    ['a heartbeat', { ts_ms: 1 }],
    ['a schema change', { source, ts_ms: 1, databaseName: 'bank', ddl: 'ALTER', tableChanges: [] }],
    ['a transaction marker', { status: 'BEGIN', id: 'uuid:10', event_count: null, ts_ms: 1 }],
  ])('passes over %s', (_, value) => {
    expect(decoderOf().decode(record(value)).kind).toBe('ignored');
  });

  it.each([
    ['"RECORD', 'RECORD_NOT_JSON'],
    ['', 'RECORD_NOT_JSON'],
    ['[1]', 'RECORD_UNKNOWN'],
    [{ hello: 'world' }, 'RECORD_UNKNOWN'],
    [event('x', {}), 'OPERATION_UNKNOWN'],
    [event('c', {}), 'COLUMN_MISSING'],
    [event('c', { after: { ...plain, total: undefined } }), 'COLUMN_MISSING: column total'],
    [event('c', { after: { ...plain, id: null } }), 'COLUMN_MISSING: column id'],
    [event('c', { after: { ...plain, id: 1.5 } }), 'COLUMN_UNREADABLE: column id: 1.5'],
    [event('c', { after: { ...plain, updated_at: 'now' } }), 'COLUMN_UNREADABLE'],
    [event('c', { after: { ...plain, total: 'nA==' } }), "declare decimals: 'base64'"],
    [event('c', { after: { ...plain, total: '1234' } }), 'COLUMN_UNREADABLE'],
    [event('c', { after: { ...plain, day: 1e12 } }), 'COLUMN_UNREADABLE'],
    [event('c', { after: { ...plain } }, { pos: 2 ** 37 }), 'POSITION_TOO_LARGE'],
  ])('answers what is wrong with %j', (value, expected) => {
    expect(errorOf(value)).toContain(expected);
  });
});

describe('exact numbers', () => {
  const text = (id: string, total: string) =>
    JSON.stringify(event('c', { after: { ...plain, notes: '9007199254740993 in text' } }))
      .replace('"id":1', `"id":${id}`)
      .replace('"total":"12345678901234.12"', `"total":${total}`);

  it('keeps integers beyond 2^53, and safe ones as numbers', () => {
    const { row } = changeOf(text('-9007199254740993', '1.50'));
    expect(row['id']).toBe(-9007199254740993n);
    expect(row['notes']).toBe('9007199254740993 in text');
    expect(changeOf(text('9007199254740991', '1')).row['id']).toBe(9007199254740991);
  });

  it('keeps decimals written as numbers', () => {
    expect(changeOf(text('1', '12345678901234.123456')).row['total']).toBe('12345678901234.123456');
    expect(changeOf(text('1', '100000000000000000001')).row['total']).toBe('100000000000000000001');
  });

  it('tells keys apart that a double cannot', () => {
    const update = `{"before":{"id":9007199254740992},"after":{"id":9007199254740993},"source":${JSON.stringify(source)},"op":"u"}`;
    const table = changeTable({ topic: 't', key: ['id'], columns: { id: 'bigint' } });
    expect(decoderOf(table).decode(record(update)).kind).toBe('moved');
    const same = update.replace('740992', '740993');
    expect(decoderOf(table).decode(record(same)).kind).toBe('change');
  });

  it('undoes the wrap of unsigned integers in long mode', () => {
    expect(changeOf(event('c', { after: { ...plain, big: -1 } })).row['big']).toBe(2n ** 64n - 1n);
  });

  it('reads times that no double holds', () => {
    const late = JSON.stringify(event('c', { after: { ...plain } })).replace(
      '1529476623123456',
      '253402300799999999',
    );
    expect(changeOf(late).row['created_at']).toBe('9999-12-31T23:59:59.999999');
  });
});

describe('converter settings', () => {
  const columns = {
    id: 'bigint',
    total: 'decimal(12,2)',
    big: 'bigint unsigned',
    created_at: 'datetime(6)',
  } as const;

  it.each([
    ['MDk=', '123.45'],
    ['nA==', '-1.00'],
    ['AA==', '0.00'],
  ])('reads base64 decimals: %s is %s', (total, expected) => {
    const table = changeTable({ topic: 't', key: ['id'], columns, decimals: 'base64' });
    const after = { id: 1, total, big: 'AP//////////', created_at: 0 };
    expect(changeOf(event('c', { after }), table).row).toMatchObject({
      total: expected,
      big: 2n ** 64n - 1n,
    });
  });

  it('reads decimals written as doubles', () => {
    expect(changeOf(event('c', { after: { ...plain, total: 123.45 } })).row['total']).toBe(
      '123.45',
    );
  });

  it('reads the times of precision mode connect', () => {
    const table = changeTable({ topic: 't', key: ['id'], columns, times: 'connect' });
    const after = { id: 1, total: '1.00', big: 1, created_at: 1529476623123 };
    expect(changeOf(event('c', { after }), table).row['created_at']).toBe(
      '2018-06-20T06:37:03.123',
    );
  });

  it('reads ISO strings as they are', () => {
    const after = { ...plain, created_at: '2019-07-09T02:28:57.123456Z', day: '2017-09-15Z' };
    expect(changeOf(event('c', { after })).row).toMatchObject({
      created_at: '2019-07-09T02:28:57.123456',
      day: '2017-09-15',
    });
  });

  it('follows the schema where the record carries one, whatever the table says', () => {
    const fields = [
      { field: 'id', type: 'int64' },
      {
        field: 'total',
        type: 'bytes',
        name: 'org.apache.kafka.connect.data.Decimal',
        parameters: { scale: '3' },
      },
      { field: 'big', type: 'int64' },
      { field: 'created_at', type: 'int64', name: 'io.debezium.time.Timestamp' },
    ];
    const table = changeTable({ topic: 't', key: ['id'], columns });
    const after = { id: 1, total: 'MDk=', big: 1, created_at: 1529476623123 };
    const schema = { type: 'struct', fields: [{ field: 'after', type: 'struct', fields }] };
    expect(changeOf({ schema, payload: event('c', { after }) }, table).row).toMatchObject({
      total: '12.345',
      created_at: '2018-06-20T06:37:03.123',
    });
  });

  it('reads keys with their schema', () => {
    const key = Buffer.from('{"schema":{"type":"struct","fields":[]},"payload":{"id":77}}');
    expect(changeOf(event('d', {}), types, { key }).row['id']).toBe(77);
  });
});

describe('unwrapped records', () => {
  const beside = {
    __op: 'u',
    __deleted: 'false',
    __source_ts_ms: 1767225600000,
    __source_file: 'mysql-bin.000003',
    __source_pos: 484,
    __source_row: 2,
  };

  it('are changes with a position when add.fields gave them one', () => {
    expect(changeOf({ ...plain, ...beside })).toMatchObject({
      op: 'u',
      v1: 3,
      v2: 484 * 65_536 + 11,
      changedAtMs: 1767225600000,
    });
  });

  it('are ordered by offset without one', () => {
    expect(changeOf({ ...plain, __op: 'c' })).toMatchObject({ op: 'c', v1: 0, v2: 10 });
  });

  it('delete by rewrite', () => {
    expect(changeOf({ ...plain, ...beside, __deleted: 'true' })).toMatchObject({ op: 'd' });
  });

  it('delete by tombstone, where the table says so', () => {
    const table = { ...types, tombstones: 'delete' };
    expect(changeOf(null, table)).toMatchObject({ op: 'd', row: { id: 1 }, v2: 10 });
    const headers = [
      ['__source_file', Buffer.from('mysql-bin.000003')],
      ['__source_pos', Buffer.from('484')],
    ] as const;
    expect(changeOf(null, table, { headers })).toMatchObject({ v1: 3, v2: 484 * 65_536 + 1 });
  });

  it('delete by a tombstone that a JSON converter wrote as text', () => {
    const table = { ...types, tombstones: 'delete' };
    expect(changeOf('null', table)).toMatchObject({ op: 'd', row: { id: 1 } });
    expect(changeOf({ schema: {}, payload: null }, table)).toMatchObject({ op: 'd' });
    expect(decoderOf().decode(record('null'))).toEqual({ kind: 'ignored' });
  });

  it('read a key by its own schema', () => {
    const table = changeTable({
      topic: 'shop.order_db.wide',
      key: ['id'],
      columns: { id: 'bigint unsigned' },
      tombstones: 'delete',
    });
    const name = 'org.apache.kafka.connect.data.Decimal';
    const field = { field: 'id', name, parameters: { scale: '0' } };
    const key = { schema: { fields: [field] }, payload: { id: 'AP//////////' } };
    const more = { key: Buffer.from(JSON.stringify(key)) };
    expect(changeOf(null, table, more).row).toEqual({ id: 18_446_744_073_709_551_615n });
  });
});
