import { dagError } from './errors.ts';

/** A length of time as text: `500ms`, `5s`, `10m`, `1h`, `2d`; fractions are fine (`1.5s`). */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/** 100 years: what fits the timers and columns with room to spare. */
const LONGEST_MS = 36_525 * UNIT_MS.d;

/** Milliseconds of a positive duration; `what` names the option in the error. */
export function parseDuration(text: unknown, what: string): number {
  const match = typeof text === 'string' ? PATTERN.exec(text) : null;
  const ms = match === null ? NaN : Math.round(Number(match[1]) * UNIT_MS[unitOf(match[2])]);
  if (!(ms >= 1 && ms <= LONGEST_MS)) {
    throw dagError(
      'BAD_OPTION',
      `${what} is ${describe(text)}; give a length of time such as '500ms', '5s', '10m', '1h' or '2d'`,
    );
  }
  return ms;
}

function unitOf(text: string | undefined): keyof typeof UNIT_MS {
  return text as keyof typeof UNIT_MS;
}

/** A value as an error message shows it, short whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}
