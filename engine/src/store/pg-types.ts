import pg from 'pg';

import { BugError } from '../platform/errors.ts';

const INT8 = 20;
const INT8_ARRAY = 1016;

function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new BugError('a bigint left the safe range', { text });
  return value;
}

/** Keys, offsets and tokens as numbers, guarded; everything else as pg does it. */
export const pgTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === INT8) return toSafeInteger;
    if (oid === INT8_ARRAY) return parseBigints;
    const parse = pg.types.getTypeParser as (oid: number, format?: string) => unknown;
    return parse(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

function parseBigints(text: string): number[] {
  const inner = text.slice(1, -1);
  return inner === '' ? [] : inner.split(',').map(toSafeInteger);
}
