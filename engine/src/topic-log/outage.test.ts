import { describe, expect, it } from 'vitest';

import { isTopicLogError } from './errors.ts';
import { throughOutages } from './outage.ts';

const isOutage = (error: Error): boolean => error.message === 'away';

function failing(times: number, message = 'away'): (attempt: number) => Promise<number> {
  return (attempt) =>
    attempt <= times ? Promise.reject(new Error(message)) : Promise.resolve(attempt);
}

describe('throughOutages', () => {
  it('repeats until it succeeds, telling what it waits for and when it goes on', async () => {
    const told: (string | undefined)[] = [];
    const onWait = (what: string | undefined): void => void told.push(what);
    expect(await throughOutages(failing(2), { isOutage, onWait })).toBe(3);
    expect(told).toEqual([
      'the topic log to answer: away',
      'the topic log to answer: away',
      undefined,
    ]);
  });

  it('says nothing when nothing fails', async () => {
    const told: unknown[] = [];
    await throughOutages(failing(0), { isOutage, onWait: (what) => void told.push(what) });
    expect(told).toEqual([]);
  });

  it('throws what does not pass by itself at once', async () => {
    await expect(throughOutages(failing(1, 'broken'), { isOutage })).rejects.toThrow('broken');
  });

  it('gives up at its limit with the last error', async () => {
    await expect(throughOutages(failing(99), { isOutage, limitMs: 60 })).rejects.toThrow('away');
  });

  it('ends at once when the caller aborts, also in a pause', async () => {
    const abort = new AbortController();
    const waiting = throughOutages(failing(Infinity), {
      isOutage,
      signal: abort.signal,
      onWait: () => abort.abort(),
    });
    await expect(waiting).rejects.toSatisfy((error) => isTopicLogError(error, 'READ_ABORTED'));
  });
});
