import { expect, it } from 'vitest';

import { compareKey, toKeyText } from './snapshot-keys.ts';
import { defineColumn } from './table-layout.ts';

const column = (name: string, type: string) => defineColumn(name, type, false);

it('writes a composite comparison out, so that the server can use the index', () => {
  const columns = [column('a', 'int'), column('b', 'varchar(9)')];
  expect(compareKey(columns, ['1', "x'y"], '>')).toBe("(`a` > 1 or (`a` = 1 and `b` > 'x\\'y'))");
  expect(compareKey(columns, ['1', 'z'], '<=')).toBe("(`a` < 1 or (`a` = 1 and `b` <= 'z'))");
});

it('never quotes a number, which the server would compare as a double', () => {
  const bound = ['18446744073709551615'];
  expect(compareKey([column('id', 'bigint unsigned')], bound, '>')).toBe(
    '`id` > 18446744073709551615',
  );
});

it('quotes what only looks like a number, and cannot be led out of a literal', () => {
  expect(compareKey([column('id', 'varchar(9)')], ['12'], '>')).toBe("`id` > '12'");
  expect(compareKey([column('id', 'int')], ['1 or 1=1'], '>')).toBe("`id` > '1 or 1=1'");
});

it('keeps bytes as hex', () => {
  const text = toKeyText([Buffer.from([0, 255])]);
  expect(compareKey([column('id', 'binary(2)')], text, '>')).toBe("`id` > x'00ff'");
});
