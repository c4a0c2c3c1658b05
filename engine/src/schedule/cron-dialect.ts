import { CronExpressionParser, CronMonth, type CronExpression } from 'cron-parser';

import * as field from './cron-field.ts';
import { cronInvalid, cronNeverFires } from './errors.ts';

/** What an expression asks of the wall clock. */
export interface CronRules {
  /** The expression fires when one of them does. */
  readonly rules: readonly CronRule[];
  /** Ascending; null: every year. */
  readonly years: readonly number[] | null;
  readonly isEveryHour: boolean;
}

export interface CronRule {
  /** In UTC, which stands for the wall clock. */
  readonly expression: CronExpression;
  /** `15W`: of the days the expression names, only the weekday nearest to the 15th counts. */
  readonly nearestTo?: number | undefined;
}

/** A way for a day to match, in cron-parser's words. */
interface DayRule {
  readonly dayOfMonth?: string;
  readonly dayOfWeek?: string;
  readonly nearestTo?: number;
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

/**
 * Reads Airflow's dialect into rules of cron-parser's: 5, 6 (seconds last) or 7 (then years) fields, or an
 * alias such as `@daily`. Throws `CRON_INVALID` or `CRON_NEVER_FIRES`.
 */
export function parseCronRules(expression: string): CronRules {
  const [
    minute = '',
    hour = '',
    dayOfMonth = '',
    month = '',
    dayOfWeek = '',
    second = '0',
    year = '*',
  ] = splitFields(expression);
  const read = (one: field.Field, part: string): number[] =>
    field.readList(expression, one, part.split(','));
  const hours = read(field.HOUR, hour);
  const months = read(field.MONTH, month);
  const time = [read(field.SECOND, second), read(field.MINUTE, minute), hours].join(' ');
  const days = readDays(expression, months, [dayOfMonth, dayOfWeek]);
  return {
    rules: days.map((day) => ({
      expression: CronExpressionParser.parse(
        `${time} ${day.dayOfMonth ?? '*'} ${months.join()} ${day.dayOfWeek ?? '*'}`,
        { tz: 'UTC' },
      ),
      nearestTo: day.nearestTo,
    })),
    years: field.readYears(expression, year.split(',')),
    isEveryHour: hours.length === 24,
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

/** Both day fields restricted: either may match, as in every cron since Vixie's. */
function readDays(
  expression: string,
  months: readonly number[],
  [dayOfMonth, dayOfWeek]: readonly [string, string],
): readonly DayRule[] {
  const longest = Math.max(...months.map((month) => CronMonth.daysInMonth[month - 1] ?? 0));
  const ofMonth = readDaysOfMonth(expression, dayOfMonth.split(','), longest);
  const ofWeek = readDaysOfWeek(expression, dayOfWeek.split(','));
  if (ofMonth === null && ofWeek === null) return [{}];
  const days = [...(ofMonth ?? []), ...(ofWeek ?? [])];
  if (days.length === 0) throw cronNeverFires(expression);
  return days;
}

/** Null: every day. Leaves out days that none of the months has: cron-parser refuses to look for them. */
function readDaysOfMonth(
  expression: string,
  items: readonly string[],
  longest: number,
): readonly DayRule[] | null {
  const nearest = items.filter((item) => /^\d+w$/.test(item)).map((item) => item.slice(0, -1));
  const plain = items.filter((item) => item !== 'l' && !/^\d+w$/.test(item));
  const named = field.readList(expression, field.DAY, plain);
  if (named.length === field.DAY.size) return null;
  const days = named.filter((day) => day <= longest).map(String);
  if (items.includes('l')) days.push('L');
  const wanted = field.readList(expression, field.DAY, nearest).filter((day) => day <= longest);
  return [
    ...(days.length === 0 ? [] : [{ dayOfMonth: days.join() }]),
    // The nearest weekday is at most two days away.
    ...wanted.map((day) => ({
      dayOfMonth: `${Math.max(1, day - 2)}-${Math.min(31, day + 2)}`,
      nearestTo: day,
    })),
  ];
}

/** Null: every day. `l5`, the last Friday, is `5L` to cron-parser; it knows one `5#3` an expression. */
function readDaysOfWeek(expression: string, items: readonly string[]): readonly DayRule[] | null {
  const last = items.filter((item) => /^l./.test(item)).map((item) => `${item.slice(1)}L`);
  const nth = items.filter((item) => /^[^*?]+#/.test(item));
  for (const item of [...last, ...nth]) field.readItem(expression, field.WEEKDAY, item);
  const plain = items.filter((item) => !/^l.|^[^*?]+#/.test(item));
  const days = field.readList(expression, field.WEEKDAY, plain);
  if (days.length === field.WEEKDAY.size) return null;
  const named = [...days.map(String), ...last];
  return [
    ...(named.length === 0 ? [] : [{ dayOfWeek: named.join() }]),
    ...nth.map((item) => ({ dayOfWeek: item })),
  ];
}
