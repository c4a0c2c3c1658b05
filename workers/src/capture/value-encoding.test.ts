import fc from 'fast-check';
import { expect, it } from 'vitest';

import { parseColumnType } from './column-type.ts';
import { daysFromCivil, encodeDatetime } from './temporal-encoding.ts';
import {
  createKeyEncoder,
  createValueEncoder,
  encodeFloat32,
  encodePreciseDecimal,
} from './value-encoding.ts';

it.each([
  ['123.45', 'MDk='],
  ['-1.00', 'nA=='],
  ['0.00', 'AA=='],
  ['12345678901234.123456', 'AKtUqYzrGELA'],
  ['18446744073709551615', 'AP//////////'],
])('writes %s as the bytes Kafka Connect writes', (text, base64) => {
  expect(encodePreciseDecimal(text)).toBe(base64);
});

it.each([
  ['string', '"12.50"'],
  ['precise', '"BOI="'],
  ['double', '12.5'],
] as const)('writes decimals as %s', (decimals, json) => {
  const type = parseColumnType('decimal(10,2)');
  expect(createValueEncoder({ type, nullable: true, decimals })('12.50')).toBe(json);
});

it.each([
  ['plain', '"plain"'],
  ['Ä 은행 🏦', '"Ä 은행 \\uD83C\\uDFE6"'],
  ['\t"\\\u0001\u001f\u007f', '"\\t\\"\\\\\\u0001\\u001F\u007f"'],
  ['\\u001f', '"\\\\u001f"'],
])('escapes %j in a key as Kafka Connect does', (text, json) => {
  const type = parseColumnType('varchar(40)');
  const encode = createKeyEncoder({ type, nullable: false, decimals: 'string' });
  expect(encode(text)).toBe(json);
  expect(JSON.parse(json)).toBe(text);
});

it('agrees with the calendar on every day', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        const [year, month, day] = [
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ];
        expect(daysFromCivil(year, month, day)).toBe(Math.floor(date.getTime() / 86_400_000));
      },
    ),
  );
});

it('reads a datetime as if it were UTC, before and after 1970', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        const text = date.toISOString().replace('T', ' ').replace('Z', '');
        expect(encodeDatetime(text, 3, true)).toBe(String(date.getTime()));
        expect(encodeDatetime(`${text}456`, 6, true)).toBe(
          (BigInt(date.getTime()) * 1000n + 456n).toString(),
        );
      },
    ),
  );
});

it('writes a 32-bit float so that it reads back the same', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(encodeFloat32(value)))).toBe(value === 0 ? 0 : value);
    }),
  );
});
