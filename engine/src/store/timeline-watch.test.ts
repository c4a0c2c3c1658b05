import { describe, expect, it, vi } from 'vitest';

import { connectionTelling } from '../../test/engine/told-timeline.ts';
import type { PostgresClient } from '../platform/silent-postgres.ts';
import { TimelineWatch } from './timeline-watch.ts';

/** Answers whether it is a standby, and refuses to tell its timeline. */
function silent(code: string): PostgresClient {
  return {
    query: ({ text }) =>
      text.includes('pg_is_in_recovery')
        ? Promise.resolve({ rows: [{ isStandby: false }] })
        : Promise.reject(Object.assign(new Error('refused'), { code })),
    on: () => undefined,
  };
}

const FIRST = connectionTelling({ isStandby: false, timeline: '00000001' });
const SECOND = connectionTelling({ isStandby: false, timeline: '00000002' });
const STANDBY = connectionTelling({ isStandby: true, timeline: null });

describe('the timeline of the metadata database', () => {
  it('is told once when it changes, and not where it stays', async () => {
    const watch = new TimelineWatch();
    const told = vi.fn();
    watch.onChanged(told);
    await watch.check(FIRST);
    await watch.check(FIRST);
    expect(told).not.toHaveBeenCalled();
    await watch.check(SECOND);
    await watch.check(SECOND);
    expect(told).toHaveBeenCalledOnce();
  });

  it('a standby is refused as an outage, and known again once it is promoted', async () => {
    const watch = new TimelineWatch();
    const told = vi.fn();
    watch.onChanged(told);
    await watch.check(FIRST);
    await expect(watch.check(STANDBY)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retriable: true,
    });
    expect(told).not.toHaveBeenCalled();
    await watch.check(SECOND);
    expect(told).toHaveBeenCalledOnce();
  });

  it.each(['0A000', '42501', '42883', '55000'])(
    'nothing is noticed where the server refuses to tell by %s, and nothing forgotten',
    async (code) => {
      const watch = new TimelineWatch();
      const told = vi.fn();
      watch.onChanged(told);
      await watch.check(FIRST);
      await watch.check(silent(code));
      expect(told).not.toHaveBeenCalled();
      await watch.check(SECOND);
      expect(told).toHaveBeenCalledOnce();
    },
  );

  it('a connection that breaks while it is asked is not used', async () => {
    await expect(new TimelineWatch().check(silent('ECONNRESET'))).rejects.toThrow('refused');
  });
});
