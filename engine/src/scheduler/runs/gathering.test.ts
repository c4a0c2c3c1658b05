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

const seen = { now: later, upTo: 50, cursors };

/** Where a wake-up says that the two partitions end. */
const ends = (first: number, second: number) =>
  new Map([
    [0, first],
    [1, second],
  ]);

describe('Gathering', () => {
  it('looks at every wake-up while no run is known to be active', () => {
    const gathering = new Gathering();
    expect(gathering.wake('a', ends(101, 100), seen)).toBe('look');
    gathering.remember('a', { kind: 'quiet' }, now);
    expect(gathering.wake('a', ends(101, 100), seen)).toBe('look');
  });

  it('lets the first records beside an active run wait for `within`, and those after them rest', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    expect(gathering.since('a')).toBeNull();
    expect(gathering.wake('a', ends(100, 100), seen)).toBe('rest');
    expect(gathering.wake('a', ends(101, 100), seen)).toBe('wait');
    expect(gathering.since('a')).toEqual(later);
    expect(gathering.wake('a', ends(120, 129), seen)).toBe('rest');
    expect(gathering.wake('b', ends(101, 100), seen)).toBe('look');
  });

  it('looks once `upTo` records have gathered, over all partitions', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    expect(gathering.wake('a', ends(125, 125), seen)).toBe('look');
  });

  it('looks when a wake-up does not say where the log ends, or the cursors are not known', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    expect(gathering.wake('a', undefined, seen)).toBe('look');
    gathering.remember('a', made, now);
    expect(gathering.wake('a', ends(101, 100), { ...seen, cursors: undefined })).toBe('look');
    gathering.remember('a', made, now);
    // A partition was added.
    const fewer = { ...seen, cursors: cursors.slice(1) };
    expect(gathering.wake('a', ends(101, 100), fewer)).toBe('look');
  });

  it('looks again once a run has ended, and counts the wait from the first record still', () => {
    const gathering = new Gathering();
    gathering.remember('a', { kind: 'full' }, now);
    expect(gathering.wake('a', ends(900, 900), seen)).toBe('rest');
    gathering.lookAnew('a');
    expect(gathering.wake('a', ends(101, 100), seen)).toBe('look');
    gathering.remember('a', { kind: 'gathering', until: later }, later);
    expect(gathering.since('a')).toEqual(now);
  });

  it('looks once more for records that came during a look, which may have been too early for them', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    gathering.lookAnew('a');
    expect(gathering.begin('a', seen)).toBe('look');
    expect(gathering.wake('a', ends(103, 100), seen)).toBe('look');
    gathering.remember('a', { kind: 'quiet' }, now);
    gathering.end('a');
    expect(gathering.begin('a', seen)).toBe('look');
  });

  it('lets records gather that came while the run was made, and asked for a look then', () => {
    const gathering = new Gathering();
    expect(gathering.wake('a', ends(103, 100), seen)).toBe('look');
    gathering.remember('a', made, now);
    expect(gathering.begin('a', seen)).toBe('wait');
    expect(gathering.since('a')).toEqual(later);
    expect(gathering.begin('a', seen)).toBe('rest');
  });

  it('looks anew when a run ended during a look that still saw it', () => {
    const gathering = new Gathering();
    expect(gathering.begin('a', seen)).toBe('look');
    gathering.lookAnew('a');
    gathering.remember('a', { kind: 'full' }, now);
    expect(gathering.begin('a', seen)).toBe('look');
    gathering.remember('a', { kind: 'full' }, now);
    expect(gathering.begin('a', seen)).toBe('rest');
  });

  it('looks again after a look that others outran', () => {
    const gathering = new Gathering();
    gathering.remember('a', made, now);
    gathering.remember('a', { kind: 'outdated' }, now);
    expect(gathering.wake('a', ends(100, 100), seen)).toBe('look');
  });
});
