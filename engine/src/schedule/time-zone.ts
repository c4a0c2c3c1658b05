import { BugError } from '../platform/errors.ts';
import { timezoneUnknown } from './errors.ts';

/** What a zone's clocks show. Wall times are written as if they were UTC. */
export interface TimeZone {
  readonly name: string;
  /** Wall clock minus UTC at an instant, in ms. */
  offsetAt(instant: number): number;
}

const DAY_MS = 86_400_000;
const known = new Map<string, TimeZone>();

/** The zone of an IANA name. Throws `TIMEZONE_UNKNOWN`. */
export function getTimeZone(name: string): TimeZone {
  const zone = known.get(name) ?? createTimeZone(name);
  known.set(name, zone);
  return zone;
}

function createTimeZone(name: string): TimeZone {
  if (name === 'UTC') return { name, offsetAt: () => 0 };
  const format = createFormat(name);
  return { name, offsetAt: (instant) => parseOffset(format.format(instant)) };
}

function createFormat(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    throw timezoneUnknown(name);
  }
}

/** `1/31/2024, GMT-05:00`; `GMT` alone is zero; zones of long ago have seconds. */
function parseOffset(text: string): number {
  const match = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  if (match === null) throw new BugError(`unexpected offset in '${text}'`);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -size : size;
}

/** How far the clocks are moved within a day of the instant; 0 nearly always. */
export function shiftNear(zone: TimeZone, instant: number): number {
  return Math.abs(zone.offsetAt(instant + DAY_MS) - zone.offsetAt(instant - DAY_MS));
}

/**
 * The instant of a wall time, as Airflow: one that exists twice (autumn) is the second; one that does not
 * exist (spring) is moved forward by the gap.
 */
export function toInstant(zone: TimeZone, wall: number): number {
  const before = zone.offsetAt(wall - DAY_MS);
  const after = zone.offsetAt(wall + DAY_MS);
  if (before === after) return wall - before;
  const later = wall - Math.min(before, after);
  if (zone.offsetAt(later) === wall - later) return later;
  const earlier = wall - Math.max(before, after);
  if (zone.offsetAt(earlier) === wall - earlier) return earlier;
  return wall - before;
}

/** The first instant in (`from`, `to`] whose offset differs from that at `from`, given that at `to` it does. */
export function findShift(zone: TimeZone, from: number, to: number): number {
  const offset = zone.offsetAt(from);
  let same = from;
  let other = to;
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (zone.offsetAt(middle) === offset) same = middle;
    else other = middle;
  }
  return other;
}
