import { parseCronFields, type CronFields } from './cron-fields.ts';
import { nextMatch, previousMatch } from './cron-search.ts';
import { cronNeverFires } from './errors.ts';
import { findShift, getTimeZone, shiftNear, toInstant, type TimeZone } from './time-zone.ts';

/** The fire times of a cron expression in a zone, as instants in ms. */
export interface Cron {
  /** The first fire after `instant`; null when there is none any more. */
  next(instant: number): number | null;
  /** The last fire before `instant`; null when there was none. */
  previous(instant: number): number | null;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
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
  const fields = parseCronFields(expression);
  const zone = getTimeZone(timezone);
  if (nextMatch(fields, firstYearOf(fields)) === null) throw cronNeverFires(expression);
  return fields.hours.length === 24
    ? {
        next: (instant) => nextOnClock(fields, zone, instant),
        previous: (instant) => previousOnClock(fields, zone, instant),
      }
    : {
        next: (instant) => nextByWall(fields, zone, instant),
        previous: (instant) => previousByWall(fields, zone, instant),
      };
}

function firstYearOf(fields: CronFields): number {
  const year = fields.years === null ? 1970 : Math.min(...fields.years);
  return Date.UTC(year, 0, 1) - SECOND_MS;
}

/** Each wall time of the expression once. Where clocks change, order on the wall is not order in time. */
function nextByWall(fields: CronFields, zone: TimeZone, instant: number): number | null {
  const wallNow = instant + zone.offsetAt(instant);
  let wall = nextMatch(fields, wallNow - shiftNear(zone, instant));
  while (wall !== null && toInstant(zone, wall) <= instant) wall = nextMatch(fields, wall);
  if (wall === null) return null;
  let best = toInstant(zone, wall);
  const horizon = wall + shiftNear(zone, best);
  for (let later = wall; later < horizon;) {
    const following = nextMatch(fields, later);
    if (following === null) break;
    const at = toInstant(zone, following);
    if (at > instant && at < best) best = at;
    later = following;
  }
  return best;
}

function previousByWall(fields: CronFields, zone: TimeZone, instant: number): number | null {
  const wallNow = instant + zone.offsetAt(instant);
  let wall = previousMatch(fields, wallNow + shiftNear(zone, instant));
  while (wall !== null && toInstant(zone, wall) >= instant) wall = previousMatch(fields, wall);
  if (wall === null) return null;
  let best = toInstant(zone, wall);
  const horizon = wall - shiftNear(zone, best);
  for (let earlier = wall; earlier > horizon;) {
    const preceding = previousMatch(fields, earlier);
    if (preceding === null) break;
    const at = toInstant(zone, preceding);
    if (at < instant && at > best) best = at;
    earlier = preceding;
  }
  return best;
}

/** Every instant whose wall clock matches: walks from one change of the clocks to the next. */
function nextOnClock(fields: CronFields, zone: TimeZone, instant: number): number | null {
  let from = instant;
  let offset = zone.offsetAt(from);
  for (;;) {
    const wall = nextMatch(fields, from + offset);
    if (wall === null) return null;
    const at = wall - offset;
    const probe = Math.min(at, from + DAY_MS);
    if (zone.offsetAt(probe) === offset) {
      if (probe === at) return at;
      from = at - DAY_MS;
      offset = zone.offsetAt(from);
    } else {
      const shift = findShift(zone, Math.max(from, probe - DAY_MS), probe);
      from = shift - SECOND_MS;
      offset = zone.offsetAt(shift);
    }
  }
}

function previousOnClock(fields: CronFields, zone: TimeZone, instant: number): number | null {
  let from = instant;
  let offset = zone.offsetAt(from - 1);
  for (;;) {
    const wall = previousMatch(fields, from + offset);
    if (wall === null) return null;
    const at = wall - offset;
    const probe = Math.max(at, from - DAY_MS);
    if (zone.offsetAt(probe) === offset) {
      if (probe === at) return at;
      from = at + DAY_MS;
    } else {
      from = findShift(zone, probe, from);
    }
    offset = zone.offsetAt(from - 1);
  }
}
