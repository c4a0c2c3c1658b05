import { dagError } from './errors.ts';
import { describe } from './duration.ts';

const PATTERN =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/;

/**
 * The instant in UTC with milliseconds. Local times without a zone are refused, since they would mean something
 * else on every machine; so are days that do not exist, which JavaScript would roll over.
 */
export function parseInstant(text: unknown, what: string): string {
  const at = typeof text === 'string' && PATTERN.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(at.getTime()) || !isRealDay(text as string)) {
    throw dagError(
      'BAD_OPTION',
      `${what} is ${describe(text)}; give an instant with its zone such as '2026-01-01T00:00:00Z', or a date`,
    );
  }
  return at.toISOString();
}

function isRealDay(text: string): boolean {
  const day = text.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
