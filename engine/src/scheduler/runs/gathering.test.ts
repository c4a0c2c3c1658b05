import { describe, expect, it } from 'vitest';

import { Gathering } from './gathering.ts';
import type { MadeRun } from './made-run.ts';

const now = new Date('2026-03-01T00:00:00Z');
const later = new Date('2026-03-01T00:00:01Z');
const made = { kind: 'made' } as MadeRun;
const cursors = [0, 1].map((partition) => ({
  partition,
  next: 100,
  done: 100,
  logEnd: 100,
  fingerprint: null,
}));

/** A wake-up that says where the two partitions end. */
const woken = (first: number, second: number) => ({
  now: later,
  upTo: 50,
  cursors,
  ends: new Map([
    [0, first],
    [1, second],
  ]),
});

describe('Gathering', () => {
  it('looks at every wake-up while no run is known to be active', () => {
    const gathering = new Gathering();
    expect(gathering.wake('a', woken(101, 100))).toBe('look');
    gathering.remember('a', { kind: 'quiet' }, now);
    expect(gathering.wake('a', woken(101, 100))).toBe('look');
  });

  it('lets the first records beside an active run wait for `within`, and those after them rest', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    expect(gathering.since('a')).toBeNull();
    expect(gathering.wake('a', woken(100, 100))).toBe('rest');
    expect(gathering.wake('a', woken(101, 100))).toBe('wait');
    expect(gathering.since('a')).toEqual(later);
    expect(gathering.wake('a', woken(120, 129))).toBe('rest');
    expect(gathering.wake('b', woken(101, 100))).toBe('look');
  });

  it('looks once `upTo` records have gathered, over all partitions', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    expect(gathering.wake('a', woken(125, 125))).toBe('look');
  });

  it('looks when a wake-up does not say where the log ends, or the cursors are not known', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    expect(gathering.wake('a', { ...woken(101, 100), ends: undefined })).toBe('look');
    expect(gathering.wake('a', { ...woken(101, 100), cursors: undefined })).toBe('look');
    // A partition was added.
    expect(gathering.wake('a', { ...woken(101, 100), cursors: cursors.slice(1) })).toBe('look');
  });

  it('looks again once a run has ended, and counts the wait from the first record still', () => {
    const gathering = new Gathering();
    gathering.remember('a', { kind: 'full' }, now);
    expect(gathering.wake('a', woken(900, 900))).toBe('rest');
    gathering.runEnded('a');
    expect(gathering.wake('a', woken(101, 100))).toBe('look');
    gathering.remember('a', { kind: 'gathering', until: later }, later);
    expect(gathering.since('a')).toEqual(now);
  });

  it('knows nothing new from a look that came to nothing', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    gathering.remember('a', { kind: 'outdated' }, now);
    expect(gathering.wake('a', woken(100, 100))).toBe('rest');
  });
});
