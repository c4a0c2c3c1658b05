import { cronInvalid } from './errors.ts';

/** A cron expression as sets of numbers, in Airflow's dialect. */
export interface CronFields {
  /** Ascending. */
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  /** Null: every year. */
  readonly years: ReadonlySet<number> | null;
  readonly daysOfMonth: DaysOfMonth | null;
  readonly daysOfWeek: DaysOfWeek | null;
}

/** Null in `CronFields` when the field names every day, so that the other day field decides alone. */
export interface DaysOfMonth {
  readonly days: ReadonlySet<number>;
  readonly last: boolean;
  /** `15W`: the weekday nearest to the 15th within its month. */
  readonly nearestWeekdays: readonly number[];
}

export interface DaysOfWeek {
  /** 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  /** `5#3`: the third Friday; `L5`: the last Friday has `nth` -1. */
  readonly nth: readonly { readonly day: number; readonly nth: number }[];
}

const ALIASES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@quarterly': '0 0 1 */3 *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly names?: { readonly words: readonly string[]; readonly first: number };
}

const MINUTE: Field = { name: 'minute', low: 0, high: 59 };
const HOUR: Field = { name: 'hour', low: 0, high: 23 };
const DAY: Field = { name: 'day of month', low: 1, high: 31 };
const MONTH: Field = { name: 'month', low: 1, high: 12, names: { words: MONTHS, first: 1 } };
const WEEKDAY: Field = {
  name: 'day of week',
  low: 0,
  high: 6,
  names: { words: WEEKDAYS, first: 0 },
};
const SECOND: Field = { name: 'second', low: 0, high: 59 };
const YEAR: Field = { name: 'year', low: 1970, high: 2099 };

/** Reads 5, 6 (seconds last) or 7 (then years) fields, or an alias such as `@daily`. Throws `CRON_INVALID`. */
export function parseCronFields(expression: string): CronFields {
  const parts = splitFields(expression);
  const read = (place: number, field: Field): number[] =>
    parseField(expression, parts[place] ?? '*', field);
  const years = read(6, YEAR);
  return {
    minutes: read(0, MINUTE),
    hours: read(1, HOUR),
    daysOfMonth: parseDaysOfMonth(expression, parts[2] ?? '*'),
    months: new Set(read(3, MONTH)),
    daysOfWeek: parseDaysOfWeek(expression, parts[4] ?? '*'),
    seconds: parts[5] === undefined ? [0] : read(5, SECOND),
    years: isFull(years, YEAR) ? null : new Set(years),
  };
}

function splitFields(expression: string): readonly string[] {
  const text = expression.trim().toLowerCase();
  const alias = ALIASES[text];
  if (text.startsWith('@') && alias === undefined) {
    throw cronInvalid(expression, `no such alias; known are ${Object.keys(ALIASES).join(', ')}`);
  }
  const parts = (alias ?? text).split(/\s+/);
  if (parts.length < 5 || parts.length > 7) {
    const found = text === '' ? 0 : parts.length;
    throw cronInvalid(expression, `has ${found} fields; 5, 6 or 7 are needed`);
  }
  return parts;
}

function parseDaysOfMonth(expression: string, part: string): DaysOfMonth | null {
  const plain: string[] = [];
  const nearestWeekdays: number[] = [];
  let last = false;
  for (const item of part.split(',')) {
    const nearest = /^(\d{1,2})w$/.exec(item)?.[1];
    if (item === 'l') last = true;
    else if (nearest !== undefined) nearestWeekdays.push(...parseField(expression, nearest, DAY));
    else plain.push(item);
  }
  const days = plain.length === 0 ? [] : parseField(expression, plain.join(','), DAY);
  return isFull(days, DAY) ? null : { days: new Set(days), last, nearestWeekdays };
}

function parseDaysOfWeek(expression: string, part: string): DaysOfWeek | null {
  const plain: string[] = [];
  const nth: { day: number; nth: number }[] = [];
  const dayOf = (text: string): number => (parseField(expression, text, WEEKDAY)[0] ?? 0) % 7;
  for (const item of part.split(',')) {
    const counted = /^([0-7]|[a-z]{3})#([1-5])$/.exec(item);
    const last = /^l([0-7]|[a-z]{3})$/.exec(item);
    if (counted !== null) nth.push({ day: dayOf(counted[1] ?? ''), nth: Number(counted[2]) });
    else if (last !== null) nth.push({ day: dayOf(last[1] ?? ''), nth: -1 });
    else plain.push(item);
  }
  const days = plain.length === 0 ? [] : parseField(expression, plain.join(','), WEEKDAY);
  return isFull(days, WEEKDAY) ? null : { days: new Set(days), nth };
}

function isFull(values: readonly number[], field: Field): boolean {
  return values.length === field.high - field.low + 1;
}

/** A list of `*`, `a`, `a-b` (wrapping around when a > b), each perhaps with `/step`; ascending, no repeats. */
function parseField(expression: string, part: string, field: Field): number[] {
  const values = new Set(part.split(',').flatMap((item) => parseItem(expression, item, field)));
  return [...values].sort((a, b) => a - b);
}

const ITEM =
  /^(?:(?<star>\*|\?)|(?<start>\d+|[a-z]{3})(?:-(?<to>\d+|[a-z]{3}))?)(?:\/(?<step>\d+))?$/;

interface Item {
  /** `*` or `?`; absent when `start` is there. */
  readonly star?: string;
  readonly start?: string;
  readonly to?: string;
  readonly step?: string;
}

/** A stretch of a field: `length` values from `first` on, going round at its end. */
interface Stretch {
  readonly first: number;
  readonly length: number;
}

function parseItem(expression: string, text: string, field: Field): number[] {
  const item = ITEM.exec(text)?.groups as Item | undefined;
  if (item === undefined) throw cronInvalid(expression, `'${text}' is no ${field.name}`);
  const size = field.high - field.low + 1;
  const step = Number(item.step ?? '1');
  if (step < 1 || step > size) {
    throw cronInvalid(expression, `step ${step} of the ${field.name} is not within 1-${size}`);
  }
  const { first, length } = toStretch(expression, item, field);
  const values: number[] = [];
  for (let i = 0; i < length; i += step) {
    values.push(field.low + ((first - field.low + i) % size));
  }
  return values;
}

function toStretch(expression: string, item: Item, field: Field): Stretch {
  const size = field.high - field.low + 1;
  if (item.start === undefined) return { first: field.low, length: size };
  const first = parseNumber(expression, item.start, field);
  if (item.to === undefined) {
    return { first, length: item.step === undefined ? 1 : field.high - first + 1 };
  }
  // `0-7` names the whole week, `sun-sun` one day, though both ends are Sundays.
  if (field === WEEKDAY && item.start === '0' && item.to === '7') return { first, length: size };
  const last = parseNumber(expression, item.to, field);
  return { first, length: ((last - first + size) % size) + 1 };
}

function parseNumber(expression: string, text: string, field: Field): number {
  if (!/^\d+$/.test(text)) {
    const place = field.names?.words.indexOf(text) ?? -1;
    if (place < 0) throw cronInvalid(expression, `'${text}' is no ${field.name}`);
    return place + (field.names?.first ?? 0);
  }
  const value = field === WEEKDAY && text === '7' ? 0 : Number(text);
  if (value < field.low || value > field.high) {
    throw cronInvalid(
      expression,
      `${field.name} ${text} is out of range ${field.low}-${field.high}`,
    );
  }
  return value;
}
