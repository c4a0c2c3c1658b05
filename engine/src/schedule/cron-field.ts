import { CronExpressionParser } from 'cron-parser';

import { cronInvalid } from './errors.ts';

const PARSER_ORDER = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

interface Span {
  readonly name: string;
  readonly low: number;
  readonly size: number;
}

/** A field cron-parser has, and its name there. */
export interface Field extends Span {
  readonly key: (typeof PARSER_ORDER)[number];
}

export const SECOND: Field = { name: 'second', key: 'second', low: 0, size: 60 };
export const MINUTE: Field = { name: 'minute', key: 'minute', low: 0, size: 60 };
export const HOUR: Field = { name: 'hour', key: 'hour', low: 0, size: 24 };
export const DAY: Field = { name: 'day of month', key: 'dayOfMonth', low: 1, size: 31 };
export const MONTH: Field = { name: 'month', key: 'month', low: 1, size: 12 };
export const WEEKDAY: Field = { name: 'day of week', key: 'dayOfWeek', low: 0, size: 7 };

const YEAR: Span = { name: 'year', low: 1970, size: 130 };

/** Has cron-parser read one item of a field. Throws `CRON_INVALID`. */
export function readItem(expression: string, field: Field, item: string): readonly number[] {
  const line = PARSER_ORDER.map((key) => (key === field.key ? item : '*')).join(' ');
  try {
    const { values } = CronExpressionParser.parse(line).fields[field.key];
    return field === WEEKDAY ? values.map((day) => Number(day) % 7) : values.map(Number);
  } catch (error) {
    throw cronInvalid(expression, `${field.name} '${item}': ${(error as Error).message}`);
  }
}

/**
 * The values of a list, each once. Ours: an item may name a value again, a range may go round the end of its
 * field (`fri-mon`, `50-10/5`).
 */
export function readList(expression: string, field: Field, items: readonly string[]): number[] {
  return [...new Set(items.flatMap((item) => readRange(expression, field, item)))];
}

function readRange(expression: string, field: Field, item: string): readonly number[] {
  const { low, size } = field;
  const { start, end, step } = splitItem(expression, field, item);
  const [first = low] = readItem(expression, field, start);
  const [last = low] = readItem(expression, field, end);
  if (first <= last) return readItem(expression, field, `${first}-${last}/${step}`);
  const length = Math.ceil((last - first + size + 1) / step);
  return Array.from({ length }, (_, i) => low + ((first - low + i * step) % size));
}

/** The years, which cron-parser lacks; ascending, null when every year is named. */
export function readYears(expression: string, items: readonly string[]): readonly number[] | null {
  const years = Array.from({ length: YEAR.size }, (_, i) => YEAR.low + i);
  const spans = items.map((item) => splitItem(expression, YEAR, item));
  const named = years.filter((year) =>
    spans.some(({ start, end, step }) => {
      const since = year - Number(start);
      return since >= 0 && year <= Number(end) && since % step === 0;
    }),
  );
  if (named.length === 0) throw cronInvalid(expression, 'names no year within 1970-2099');
  return named.length === years.length ? null : named;
}

const ITEM = /^(?:[*?]|(?<start>\d+|[a-z]{3})(?:-(?<end>\d+|[a-z]{3}))?)(?:\/(?<step>\d+))?$/;

/** The ends and the step of `*`, `a` or `a-b`, each perhaps with `/step`; `a/step` goes on to the end. */
function splitItem(
  expression: string,
  { name, low, size }: Span,
  item: string,
): { readonly start: string; readonly end: string; readonly step: number } {
  const match = ITEM.exec(item);
  if (match === null) throw cronInvalid(expression, `'${item}' is no ${name}`);
  const [, start, end, step] = match;
  if (step !== undefined && (Number(step) < 1 || Number(step) > size)) {
    throw cronInvalid(expression, `step ${step} of the ${name} is not within 1-${size}`);
  }
  // `0-7` names the whole week, `sun-sun` one day, though both ends are Sundays.
  const isOpen = start === undefined || (end === undefined && step !== undefined) || item === '0-7';
  return {
    start: start ?? String(low),
    end: isOpen ? String(low + size - 1) : (end ?? start),
    step: Number(step ?? 1),
  };
}
