import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseCron, type Cron } from './cron.ts';

interface Vector {
  readonly cron: string;
  readonly tz: string;
  readonly after: string;
  readonly valid: boolean;
  readonly noFire?: boolean;
  readonly nextFires?: readonly string[];
  readonly prevFires?: readonly string[];
}

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/cron.json', import.meta.url), 'utf8'),
) as { rows: readonly Vector[] };

const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString().replace('.000Z', 'Z');

function firesAfter(cron: Cron, after: string, count = 5): string[] {
  const fires: string[] = [];
  let at: number | null = Date.parse(after);
  for (let i = 0; i < count; i += 1) {
    at = cron.next(at);
    if (at === null) break;
    fires.push(iso(at)!);
  }
  return fires;
}

function firesBefore(cron: Cron, before: string): string[] {
  const first = cron.previous(Date.parse(before));
  const second = first === null ? null : cron.previous(first);
  return [iso(first), iso(second)].filter((fire) => fire !== null);
}

describe('a cron expression, as Airflow reads it', () => {
  const fires = vectors.rows.filter((row) => row.valid && row.noFire !== true);
  it.each(fires)('fires: $cron in $tz after $after', (row) => {
    const cron = parseCron(row.cron, row.tz);
    expect(firesAfter(cron, row.after)).toEqual(row.nextFires);
    expect(firesBefore(cron, row.after)).toEqual(row.prevFires);
  });

  it.each(vectors.rows.filter((row) => !row.valid))('is refused: $cron', (row) => {
    expect(() => parseCron(row.cron, row.tz)).toThrow(
      expect.objectContaining({ code: 'CRON_INVALID' }),
    );
  });
});

describe('what the dialect has beside the rows above', () => {
  it.each([
    ['0 0 * * 1-5,5,FRI-MON', 'every day by a list that repeats', ['01-01', '01-02', '01-03']],
    ['0 0 * * 0-7', 'the whole week', ['01-01', '01-02', '01-03']],
    ['0 0 * * sun-sun', 'one day', ['01-07', '01-14', '01-21']],
    ['0 0 * * 5/1', 'a step from Friday ends on Saturday', ['01-05', '01-06', '01-12']],
    ['0 0 * NOV-FEB/2 sun#1', 'a range round the year keeps its step', ['01-07', '11-03', '01-05']],
    ['0 0 L 2 *', 'the last day', ['02-29', '02-28', '02-28']],
    ['0 0 * * L5', 'the last Friday', ['01-26', '02-23', '03-29']],
    ['0 0 1W,30W * *', 'the nearest weekday, within its month', ['01-01', '01-30', '02-01']],
    ['0 0 30 2 1#1,7#2', 'the days its months have', ['02-05', '02-11', '02-03']],
    ['0 0 1 1 * 0 2025/2', 'years', ['01-01', '01-01', '01-01']],
  ])('%s: %s', (expression, _, dates) => {
    const fires = firesAfter(parseCron(expression, 'UTC'), '2023-12-31T00:00:00Z', 3);
    expect(fires.map((fire) => fire.slice(5, 10))).toEqual(dates);
  });

  it('passes over the wrong days of long ago', () => {
    const cron = parseCron('0 12 15W * *', 'UTC');
    expect(firesBefore(cron, '1960-06-01T00:00:00Z')).toEqual([
      '1960-05-16T12:00:00Z',
      '1960-04-15T12:00:00Z',
    ]);
  });

  it('ends with its years, in both directions', () => {
    const cron = parseCron('0 0 15W 6 * 0 2024,2027', 'Asia/Seoul');
    expect(firesAfter(cron, '2020-01-01T00:00:00Z')).toEqual([
      '2024-06-13T15:00:00Z',
      '2027-06-14T15:00:00Z',
    ]);
    expect(cron.previous(Date.parse('2024-06-13T15:00:00Z'))).toBeNull();
  });
});

describe('a cron expression that cannot be meant', () => {
  it.each([
    ['0 0 31 2 *', 'CRON_NEVER_FIRES'],
    ['0 0 30 2 *', 'CRON_NEVER_FIRES'],
    ['*/90 * * * *', 'CRON_INVALID'],
    ['* *-5 * * *', 'CRON_INVALID'],
    ['0 0 31W 2,4 *', 'CRON_NEVER_FIRES'],
    ['0 0 29 2 * 0 2023', 'CRON_NEVER_FIRES'],
    ['0 0 * jan1 *', 'CRON_INVALID'],
    ['0 0 * * *#2', 'CRON_INVALID'],
    ['H 0 * * *', 'CRON_INVALID'],
    ['0 0 * * * 0 2200', 'CRON_INVALID'],
    ['0 0 1,,2 * *', 'CRON_INVALID'],
    ['@fortnightly', 'CRON_INVALID'],
    ['', 'CRON_INVALID'],
  ])('is refused: %s (%s)', (expression, code) => {
    expect(() => parseCron(expression, 'UTC')).toThrow(expect.objectContaining({ code }));
  });

  it('names the field that is wrong', () => {
    expect(() => parseCron('0 24 * * *', 'UTC')).toThrow(/hour .24.: .*expected range 0-23/);
  });

  it('names a time zone nobody knows', () => {
    expect(() => parseCron('0 0 * * *', 'Asia/Soul')).toThrow(/time zone 'Asia\/Soul' is unknown/);
  });
});

describe('where clocks change', () => {
  it('fires on the hour through a shift of half an hour', () => {
    const cron = parseCron('0 * * * *', 'Australia/Lord_Howe');
    // 02:00 +11:00 becomes 01:30 +10:30 at 15:00Z: the next full hour on the wall is half an hour later.
    expect(firesAfter(cron, '2024-04-06T13:30:00Z', 4)).toEqual([
      '2024-04-06T14:00:00Z',
      '2024-04-06T15:30:00Z',
      '2024-04-06T16:30:00Z',
      '2024-04-06T17:30:00Z',
    ]);
  });

  it.each([
    ['30 1 * * *', 'America/New_York'],
    ['15,45 1-3 * * *', 'America/New_York'],
    ['20,40 2 * * *', 'Australia/Lord_Howe'],
    ['0 * * * *', 'America/Sao_Paulo'],
    ['*/7 * * * * 30', 'Europe/London'],
    ['0 */6 * * 1-5', 'Pacific/Apia'],
  ])('goes back the way it came: %s in %s', (expression, timezone) => {
    const cron = parseCron(expression, timezone);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 26 * 366 }),
        fc.integer({ min: 0, max: 86_399 }),
        (day, s) => {
          const instant = Date.UTC(2000, 0, 1 + day) + s * 1_000;
          const next = cron.next(instant)!;
          expect(next).toBeGreaterThan(instant);
          // Nothing fires between an instant and its next fire, seen from either side.
          expect(cron.previous(next)!).toBeLessThanOrEqual(instant);
          expect(cron.next(cron.previous(next)!)).toBe(next);
        },
      ),
      { numRuns: 300 },
    );
  });
});
