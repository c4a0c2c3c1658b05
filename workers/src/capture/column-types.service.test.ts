import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWith } from '../../../test/services/services.ts';
import {
  createCaptureHarness,
  readTopic,
  until,
  type CaptureHarness,
  type TopicEvent,
} from './testing/capture-harness.ts';

/** Column, SQL literal, JSON text wanted: from Debezium's rules, not from what the code gives. */
const CASES: readonly (readonly [type: string, literal: string, json: string])[] = [
  ['tinyint', '-128', '-128'],
  ['tinyint unsigned', '255', '255'],
  ['boolean', 'true', '1'],
  ['smallint', '-32768', '-32768'],
  ['mediumint', '-8388608', '-8388608'],
  ['mediumint unsigned', '16777215', '16777215'],
  ['int', '-2147483648', '-2147483648'],
  ['int unsigned', '4294967295', '4294967295'],
  ['int(6) zerofill', '42', '42'],
  ['bigint', '-9223372036854775808', '-9223372036854775808'],
  ['bigint', '9007199254740993', '9007199254740993'],
  ['bigint unsigned', '18446744073709551615', '18446744073709551615'],
  ['bigint(12) zerofill', '42', '42'],
  ['float', '1.1', '1.1'],
  ['float', '16777216', '16777216'],
  ['float', '-3.4028234e38', '-3.4028235e+38'],
  ['double', '0.1', '0.1'],
  ['double', '1.7976931348623157e308', '1.7976931348623157e+308'],
  ['decimal(10,2)', '-0.50', '"-0.50"'],
  ['decimal(30,6)', '123456789012345678901234.123456', '"123456789012345678901234.123456"'],
  ['decimal(20,0)', '18446744073709551615', '"18446744073709551615"'],
  ['decimal(4,4)', '0.0001', '"0.0001"'],
  ['date', "'1000-01-01'", '-354285'],
  ['date', "'2024-02-29'", '19782'],
  ['date', "'9999-12-31'", '2932896'],
  ['datetime', "'1000-01-01 00:00:00'", '-30610224000000'],
  ['datetime(3)', "'9999-12-31 23:59:59.999'", '253402300799999'],
  ['datetime(1)', "'2024-01-01 00:00:00.5'", '1704067200500'],
  ['datetime(6)', "'2018-06-20 06:37:03.123456'", '1529476623123456'],
  ['datetime(6)', "'1969-12-31 23:59:59.999999'", '-1'],
  ['datetime(6)', "'9999-12-31 23:59:59.999999'", '253402300799999999'],
  ['datetime(5)', "'2018-06-20 06:37:03.12345'", '1529476623123450'],
  ['timestamp null', "'2018-06-20 13:37:03'", '"2018-06-20T13:37:03Z"'],
  ['timestamp(3) null', "'2018-06-20 13:37:03.1'", '"2018-06-20T13:37:03.100Z"'],
  ['timestamp(6) null', "'2038-01-19 03:14:07.999999'", '"2038-01-19T03:14:07.999999Z"'],
  ['time', "'-838:59:59'", '-3020399000000'],
  ['time(6)', "'-00:00:00.000001'", '-1'],
  ['time(3)', "'12:34:56.789'", '45296789000'],
  ['time(1)', "'-01:00:00.5'", '-3600500000'],
  ['time', "'00:00:00'", '0'],
  ['year', '2024', '2024'],
  ['year', '0', '0'],
  ['char(5)', "'ab'", '"ab"'],
  ['varchar(20) character set utf8mb4', '\'tab\\t"quote" \\\\ 😀\'', '"tab\\t\\"quote\\" \\\\ 😀"'],
  ['varchar(20) character set latin1', "'café'", '"café"'],
  ['text', "''", '""'],
  ['binary(4)', "x'0102'", '"AQIAAA=="'],
  ['varbinary(4)', "x'0100'", '"AQA="'],
  ['blob', "x'ff00'", '"/wA="'],
  ['bit(1)', "b'1'", 'true'],
  ['bit(10)', "b'1000000011'", '"AwI="'],
  ['json', '\'{"a": [1, 2]}\'', '"{\\"a\\": [1, 2]}"'],
  ["enum('x','y')", "'y'", '"y"'],
  ["set('p','q','r')", "'p,r'", '"p,r"'],
  ['uuid', "'123e4567-e89b-12d3-a456-426655440000'", '"123e4567-e89b-12d3-a456-426655440000"'],
  ['inet4', "'10.0.0.1'", '"10.0.0.1"'],
  ['varchar(9)', 'null', 'null'],
  ['date', "'0000-00-00'", 'null'],
  ["date not null default '2000-01-01'", "'0000-00-00'", '0'],
  ['datetime', "'0000-00-00 00:00:00'", 'null'],
];

describeWith(['mysql', 'postgres'], 'capture of column types', () => {
  let harness: CaptureHarness;
  let snapshot: TopicEvent;
  let streamed: TopicEvent;
  const columns = CASES.map(([type], index) => `c${index} ${type}`);
  const literals = CASES.map(([, literal]) => literal);

  beforeAll(async () => {
    harness = await createCaptureHarness();
    await harness.sql.query("set sql_mode = ''");
    await harness.sql.query(`create table kinds (id int primary key, ${columns.join(', ')})`);
    await harness.sql.query(`insert into kinds values (1, ${literals.join(', ')})`);
    await harness.capture([], {
      tables: [{ table: `${harness.database}.kinds`, topic: 'kinds', partitions: 1 }],
    });
    const read = (count: number): Promise<TopicEvent[]> =>
      until(async () => {
        const events = await readTopic(harness.log, 'kinds');
        return events.length >= count ? events : false;
      }, `${count} events`);
    await read(1);
    await harness.sql.query(`insert into kinds values (2, ${literals.join(', ')})`);
    const [first, second] = await read(2);
    snapshot = first!;
    streamed = second!;
  });
  afterAll(() => harness[Symbol.asyncDispose]());

  it.each(CASES.map(([type, literal, json], index) => ({ type, literal, json, index })))(
    '$type $literal is $json, in the snapshot and in the stream',
    ({ json, index }) => {
      const end = index === CASES.length - 1 ? '}' : `,"c${index + 1}":`;
      expect(snapshot.text).toContain(`"c${index}":${json}${end}`);
      expect(streamed.text).toContain(`"c${index}":${json}${end}`);
    },
  );
});
