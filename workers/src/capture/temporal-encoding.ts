/**
 * Dates and times as Debezium's `adaptive_time_microseconds` writes them, from the text that the reader
 * and the server give. Text in, text out: no `Date`, no time zone, exact to the microsecond.
 */

const DAY_SECONDS = 86_400;

/** Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's `days_from_civil`). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** A zero in year-month-day makes a date that no calendar has: `0000-00-00`, `2020-00-10`. */
function isZeroDate(text: string): boolean {
  return text.startsWith('0000') || text.slice(5, 7) === '00' || text.slice(8, 10) === '00';
}

function dateToDays(text: string): number {
  return daysFromCivil(
    Number(text.slice(0, 4)),
    Number(text.slice(5, 7)),
    Number(text.slice(8, 10)),
  );
}

/** DATE → days since the epoch. A zero date is null, or the epoch where null is not allowed. */
export function encodeDate(text: string, nullable: boolean): string {
  if (isZeroDate(text)) return nullable ? 'null' : '0';
  return String(dateToDays(text));
}

function secondsOf(text: string): number {
  return (
    dateToDays(text) * DAY_SECONDS +
    Number(text.slice(11, 13)) * 3600 +
    Number(text.slice(14, 16)) * 60 +
    Number(text.slice(17, 19))
  );
}

/** DATETIME(0-3) → milliseconds, DATETIME(4-6) → microseconds, the wall clock read as if UTC. */
export function encodeDatetime(text: string, precision: number, nullable: boolean): string {
  if (isZeroDate(text)) return nullable ? 'null' : '0';
  const seconds = secondsOf(text);
  const fraction = text.slice(20);
  if (precision <= 3) return String(seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)));
  const micros = fraction.padEnd(6, '0').slice(0, 6);
  // Before 1970 digits cannot be appended, and beyond year 2255 a double cannot hold microseconds.
  if (seconds > 0) return `${seconds}${micros}`;
  return (BigInt(seconds) * 1_000_000n + BigInt(micros)).toString();
}

/** TIMESTAMP → `2018-06-20T13:37:03.100Z`, the fraction as wide as the column. */
export function encodeTimestamp(text: string, nullable: boolean): string {
  if (isZeroDate(text)) return nullable ? 'null' : '"1970-01-01T00:00:00Z"';
  return `"${text.slice(0, 10)}T${text.slice(11)}Z"`;
}

/** TIME → signed microseconds: `-838:59:59.000001` too. */
export function encodeTime(text: string): string {
  const negative = text.startsWith('-');
  const [hours = '0', minutes = '0', rest = '0'] = text.slice(negative ? 1 : 0).split(':');
  const [seconds = '0', fraction = ''] = rest.split('.');
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const micros = whole * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
  return negative && micros !== 0 ? `-${micros}` : String(micros);
}
