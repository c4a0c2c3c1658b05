import type { CronFields, DaysOfMonth, DaysOfWeek } from './cron-fields.ts';

/*
 * Searches on the wall clock alone: instants here are wall times written as if they were UTC, so that every
 * day has 86,400 seconds. What a zone makes of them is `cron.ts`'s business.
 */

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** Leap days fall on each weekday within 40 years: what does not match in 60 never does. */
const HORIZON_YEARS = 60;

/** The first wall time after `wall` the fields match; null when there is none within 60 years. */
export function nextMatch(fields: CronFields, wall: number): number | null {
  const start = Math.floor(wall / SECOND_MS) * SECOND_MS + SECOND_MS;
  const lastYear = new Date(start).getUTCFullYear() + HORIZON_YEARS;
  let day = Math.floor(start / DAY_MS) * DAY_MS;
  let earliest = (start - day) / SECOND_MS;
  for (;;) {
    const date = new Date(day);
    if (date.getUTCFullYear() > lastYear) return null;
    if (!isMonthMatching(fields, date)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    } else {
      const second = isDayMatching(fields, date) ? firstSecond(fields, earliest) : null;
      if (second !== null) return day + second * SECOND_MS;
      day += DAY_MS;
    }
    earliest = 0;
  }
}

/** The last wall time before `wall` the fields match; null when there is none within 60 years. */
export function previousMatch(fields: CronFields, wall: number): number | null {
  const start = Math.ceil(wall / SECOND_MS) * SECOND_MS - SECOND_MS;
  const firstYear = new Date(start).getUTCFullYear() - HORIZON_YEARS;
  let day = Math.floor(start / DAY_MS) * DAY_MS;
  let latest = (start - day) / SECOND_MS;
  for (;;) {
    const date = new Date(day);
    if (date.getUTCFullYear() < firstYear) return null;
    if (!isMonthMatching(fields, date)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 0);
    } else {
      const second = isDayMatching(fields, date) ? lastSecond(fields, latest) : null;
      if (second !== null) return day + second * SECOND_MS;
      day -= DAY_MS;
    }
    latest = DAY_MS / SECOND_MS - 1;
  }
}

function isMonthMatching(fields: CronFields, date: Date): boolean {
  const isYear = fields.years === null || fields.years.has(date.getUTCFullYear());
  return isYear && fields.months.has(date.getUTCMonth() + 1);
}

/** Both day fields restricted: either may match, as in every cron since Vixie's. */
function isDayMatching(fields: CronFields, date: Date): boolean {
  const { daysOfMonth, daysOfWeek } = fields;
  if (daysOfMonth === null) return daysOfWeek === null || isDayOfWeek(daysOfWeek, date);
  if (daysOfWeek === null) return isDayOfMonth(daysOfMonth, date);
  return isDayOfMonth(daysOfMonth, date) || isDayOfWeek(daysOfWeek, date);
}

function isDayOfMonth(days: DaysOfMonth, date: Date): boolean {
  const day = date.getUTCDate();
  if (days.days.has(day)) return true;
  if (days.last && day === lastDayOfMonth(date)) return true;
  return days.nearestWeekdays.some((wanted) => nearestWeekday(date, wanted) === day);
}

function isDayOfWeek(days: DaysOfWeek, date: Date): boolean {
  const weekday = date.getUTCDay();
  if (days.days.has(weekday)) return true;
  const day = date.getUTCDate();
  return days.nth.some((one) => {
    if (one.day !== weekday) return false;
    return one.nth === -1 ? day + 7 > lastDayOfMonth(date) : one.nth === Math.ceil(day / 7);
  });
}

function lastDayOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The weekday nearest to the `wanted` day, never leaving the month; null when the month lacks that day. */
function nearestWeekday(date: Date, wanted: number): number | null {
  const last = lastDayOfMonth(date);
  if (wanted > last) return null;
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), wanted)).getUTCDay();
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 0) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

/** Seconds of the day of the first match not before `earliest`. */
function firstSecond(fields: CronFields, earliest: number): number | null {
  const [hour, minute, second] = split(earliest);
  for (const h of fields.hours) {
    if (h < hour) continue;
    for (const m of fields.minutes) {
      if (h === hour && m < minute) continue;
      const least = h === hour && m === minute ? second : 0;
      const s = fields.seconds.find((value) => value >= least);
      if (s !== undefined) return h * 3_600 + m * 60 + s;
    }
  }
  return null;
}

/** Seconds of the day of the last match not after `latest`. */
function lastSecond(fields: CronFields, latest: number): number | null {
  const [hour, minute, second] = split(latest);
  for (const h of fields.hours.toReversed()) {
    if (h > hour) continue;
    for (const m of fields.minutes.toReversed()) {
      if (h === hour && m > minute) continue;
      const most = h === hour && m === minute ? second : 59;
      const s = fields.seconds.findLast((value) => value <= most);
      if (s !== undefined) return h * 3_600 + m * 60 + s;
    }
  }
  return null;
}

function split(seconds: number): [hour: number, minute: number, second: number] {
  return [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
}
