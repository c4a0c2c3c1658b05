import { createHash, randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { BugError } from '../../platform/errors.ts';
import type { AdministeredTopicLog } from '../administration.ts';
import { createTopic, numbered, readAll, textOf } from './topic-log-under-test.ts';

/** Records far above the usual size. */
export function describeLargeRecords(
  log: () => AdministeredTopicLog,
  largest: { readonly bytes: number },
): void {
  describe('large records', () => {
    it(`carries a record of ${largest.bytes} bytes between small ones`, async () => {
      const topic = await createTopic(log());
      const value = randomBytes(largest.bytes);
      const [before, after] = numbered(2);
      if (before === undefined || after === undefined)
        throw new BugError('two records were asked for');
      await log().produce(topic, [before, { key: null, value, partition: 0 }, after]);
      const records = await readAll(log(), topic, {
        from: 0,
        to: 3,
        options: { maxBytes: 65_536 },
      });
      expect(records).toHaveLength(3);
      expect(digest(records[1]?.value)).toBe(digest(value));
      expect(textOf(records[2]?.value)).toBe('value-1');
      const [last] = await readAll(log(), topic, { from: 2, to: 3 });
      expect(textOf(last?.value)).toBe('value-1');
    });
  });
}

function digest(bytes: Buffer | null | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}
