import { BugError } from '../platform/errors.ts';
import { timezoneUnknown } from './errors.ts';

/** What a zone's clocks show. Wall times are written as if they were UTC. */
export interface TimeZone {
  readonly name: string;
  /** Wall clock minus UTC at an instant, in ms. */
  offsetAt(instant: number): number;
}

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

/** A change of the clocks: the first instant of the new offset. */
export interface Shift {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The change of the clocks within `reach` of an instant, of which there is one at most; null nearly always. */
export function shiftNear(zone: TimeZone, instant: number, reach: number): Shift | null {
  let same = instant - reach;
  let at = instant + reach;
  const before = zone.offsetAt(same);
  const after = zone.offsetAt(at);
  if (before === after) return null;
  while (at - same > 1) {
    const middle = Math.floor((same + at) / 2);
    if (zone.offsetAt(middle) === before) same = middle;
    else at = middle;
  }
  return { at, before, after };
}
