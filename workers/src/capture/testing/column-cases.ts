import type { SourceKind } from '../../../../test/services/service-addresses.ts';

/** Column, SQL literal, JSON text wanted: from Debezium's rules, not from what the code gives. */
export type ColumnCase = readonly [type: string, literal: string, json: string];

const ON_BOTH: readonly ColumnCase[] = [
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
  ['varchar(9)', 'null', 'null'],
  ["varchar(9) default 'x'", 'null', 'null'],
  ['int default 7', 'null', 'null'],
  ['date', "'0000-00-00'", 'null'],
  ["date not null default '2000-01-01'", "'0000-00-00'", '0'],
  ['datetime', "'0000-00-00 00:00:00'", 'null'],
];

const ON_ONE: Readonly<Record<SourceKind, readonly ColumnCase[]>> = {
  mariadb: [
    // MySQL 8.0.15 describes tables with a YEAR ambiguously, so they are refused there.
    ['year', '2024', '2024'],
    ['year', '0', '0'],
    ['uuid', "'123e4567-e89b-12d3-a456-426655440000'", '"123e4567-e89b-12d3-a456-426655440000"'],
    ['inet4', "'10.0.0.1'", '"10.0.0.1"'],
  ],
  // Documents in a format of its own, where MariaDB has their text.
  mysql: [
    [
      'json',
      `'{"b": {"c": null}, "a": [true, "x\\\\"y ü", 1.5]}'`,
      String.raw`"{\"a\": [true, \"x\\\"y ü\", 1.5], \"b\": {\"c\": null}}"`,
    ],
    [
      'json',
      `'[9007199254740993, 18446744073709551615, -1, 0.1]'`,
      '"[9007199254740993, 18446744073709551615, -1, 0.1]"',
    ],
    [
      'json',
      "json_array(timestamp'2024-01-02 03:04:05.5', date'2024-01-02', time'12:34:56')",
      String.raw`"[\"2024-01-02 03:04:05.500000\", \"2024-01-02\", \"12:34:56.000000\"]"`,
    ],
  ],
};

export function columnCases(server: SourceKind): readonly ColumnCase[] {
  return [...ON_BOTH, ...ON_ONE[server]];
}

/** The columns `c0`, `c1`, … of a table that has them all, and one row's values. */
export function caseColumns(cases: readonly ColumnCase[]): string {
  return cases.map(([type], index) => `c${index} ${type}`).join(', ');
}

export function caseValues(cases: readonly ColumnCase[]): string {
  return cases.map(([, literal]) => literal).join(', ');
}
