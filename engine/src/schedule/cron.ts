import { wallMatches, type Direction, type WallMatches } from './cron-search.ts';
import { getTimeZone, shiftNear, type TimeZone } from './time-zone.ts';

/** The fire times of a cron expression in a zone, as instants in ms. */
export interface Cron {
  /** The first fire after `instant`; null when there is none any more. */
  next(instant: number): number | null;
  /** The last fire before `instant`; null when there was none. */
  previous(instant: number): number | null;
}

/** Two days: no change of the clocks moves them further than one. */
const NEAR_MS = 2 * 86_400_000;
const parsed = new Map<string, Cron>();
const PARSED_LIMIT = 10_000;

/**
 * Reads a cron expression. Throws `CRON_INVALID`, `CRON_NEVER_FIRES` or `TIMEZONE_UNKNOWN`.
 *
 * Around a change of the clocks (`engine/decisions/0004-cron-and-daylight-saving.md`): an expression that
 * names hours fires once for each wall time, an expression for every hour fires whenever the wall clock
 * matches, so it neither skips an hour in autumn nor repeats one in spring.
 */
export function parseCron(expression: string, timezone: string): Cron {
  const key = `${timezone} ${expression}`;
  const cached = parsed.get(key);
  if (cached !== undefined) return cached;
  const cron = createCron(expression, timezone);
  if (parsed.size >= PARSED_LIMIT) parsed.clear();
  parsed.set(key, cron);
  return cron;
}

function createCron(expression: string, timezone: string): Cron {
  const matches = wallMatches(expression);
  const zone = getTimeZone(timezone);
  return {
    next: (instant) => findFire(matches, zone, { instant, direction: 1 }),
    previous: (instant) => findFire(matches, zone, { instant, direction: -1 }),
  };
}

interface From {
  readonly instant: number;
  readonly direction: Direction;
}

/** Goes by today's offset; a fire too far off for that is looked for again from nearby. */
function findFire(matches: WallMatches, zone: TimeZone, from: From): number | null {
  const { direction } = from;
  for (let instant = from.instant; ;) {
    const fires = stretchesNear(zone, instant, matches.isEveryHour)
      .map((stretch) => findInStretch(matches, stretch, { instant, direction }))
      .filter((fire) => fire !== null);
    if (fires.length === 0) return null;
    const fire = direction === 1 ? Math.min(...fires) : Math.max(...fires);
    if (Math.abs(fire - instant) <= NEAR_MS) return fire;
    instant = fire - NEAR_MS * direction;
  }
}

/** Wall times, from `start` up to `end`, that become instants by one offset. */
interface Stretch {
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The old offset ends where the new one begins on the wall: a time that exists twice is left to its second
 * pass, one that does not exist keeps the old offset, which moves it forward by the gap. An expression for
 * every hour ends it where the old clock stops: both passes fire, and what does not exist does not.
 */
function stretchesNear(zone: TimeZone, instant: number, isEveryHour: boolean): readonly Stretch[] {
  const shift = shiftNear(zone, instant, 2 * NEAR_MS);
  if (shift === null) {
    return [{ offset: zone.offsetAt(instant), start: -Infinity, end: Infinity }];
  }
  const { at, before, after } = shift;
  return [
    { offset: before, start: -Infinity, end: at + (isEveryHour ? before : after) },
    { offset: after, start: at + after, end: Infinity },
  ];
}

function findInStretch(matches: WallMatches, stretch: Stretch, from: From): number | null {
  const { offset, start, end } = stretch;
  const wall = from.instant + offset;
  const edge = from.direction === 1 ? Math.max(wall, start - 1) : Math.min(wall, end);
  const match = matches.beyond(edge, from.direction);
  return match === null || match < start || match >= end ? null : match - offset;
}
