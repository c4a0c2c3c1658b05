import { TopicLogError } from '../errors.ts';

/** A `bigint` of PostgreSQL as a number; refuses what a number cannot hold exactly. */
export function readSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new TopicLogError('RECORD_CORRUPT', `the stored number ${text} exceeds 2^53`);
  }
  return value;
}
