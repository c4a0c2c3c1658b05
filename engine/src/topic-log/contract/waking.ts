import { describe, expect, it } from 'vitest';

import type { AdministeredTopicLog } from '../administration.ts';
import { createTopic, endOf, numbered, until } from './topic-log-under-test.ts';

/** Wake-ups on arrival. */
export function describeWaking(
  log: () => AdministeredTopicLog,
  other: () => AdministeredTopicLog,
): void {
  describe('waking', () => {
    it('wakes a reader when another client appends, and the records are readable then', async () => {
      const topic = await createTopic(log(), 2);
      const tells = log().kind !== 'memory';
      let wakes = 0;
      let end: number | undefined;
      const subscription = log().onRecords(topic, (ends) => {
        wakes++;
        end = ends?.get(0);
      });
      for (let round = 1; round <= 20; round++) {
        await settle(() => wakes);
        const before = wakes;
        await other().produce(topic, numbered(1, round));
        await until(() => wakes > before && (!tells || end === round));
        expect(await endOf(log(), topic)).toBe(round);
      }
      await subscription.close();
    });

    it('wakes every listener of a topic, and none after it was closed', async () => {
      const topic = await createTopic(log());
      const elsewhere = await createTopic(log());
      const wakes = { first: 0, second: 0 };
      const first = log().onRecords(topic, () => wakes.first++);
      const second = log().onRecords(topic, () => wakes.second++);
      await settle(() => wakes.first + wakes.second);
      const before = { ...wakes };
      await other().produce(topic, numbered(1));
      await until(() => wakes.first > before.first && wakes.second > before.second);
      await first.close();
      const closed = wakes.first;
      await other().produce(topic, numbered(1));
      await other().produce(elsewhere, numbered(1));
      const after = wakes.second;
      await other().produce(topic, numbered(1));
      await until(() => wakes.second > after);
      expect(wakes.first).toBe(closed);
      await second.close();
    });
  });
}

/** Waits until a count stands still for 50 ms, so that the next change is due to what follows. */
async function settle(count: () => number): Promise<void> {
  let seen = count();
  let since = performance.now();
  await until(() => {
    if (count() !== seen) {
      seen = count();
      since = performance.now();
    }
    return performance.now() - since > 50;
  });
}
