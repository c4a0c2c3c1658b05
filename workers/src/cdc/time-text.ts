/** Times as exact text, from whole units since the epoch. `bigint` where a double cannot hold the count. */

export type TimeUnit = 'ms' | 'us' | 'ns';

const PER_MS = { ms: 1n, us: 1000n, ns: 1_000_000n } as const;
const FRACTION_DIGITS = { ms: 3, us: 6, ns: 9 } as const;
const DAY_MS = 86_400_000;

/** `2026-11-21T10:00:00.123456`, without a zone. */
export function timestampText(value: number | bigint, unit: TimeUnit): string {
  if (unit === 'ms') return new Date(Number(value)).toISOString().slice(0, -1);
  if (unit === 'us' && typeof value === 'number') {
    const ms = Math.floor(value / 1000);
    const us = value - ms * 1000;
    return new Date(ms).toISOString().slice(0, -1) + String(us).padStart(3, '0');
  }
  const per = PER_MS[unit];
  const ms = floorDivide(BigInt(value), per);
  const rest = (BigInt(value) - ms * per).toString().padStart(FRACTION_DIGITS[unit] - 3, '0');
  return new Date(Number(ms)).toISOString().slice(0, -1) + rest;
}

/** `2026-11-21`. */
export function dateText(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** `-12:34:56.000001`; MySQL's TIME is a span of up to 838 hours, of either sign. */
export function timeText(value: number, unit: TimeUnit): string {
  const us = Math.round(Math.abs(value) / { ms: 0.001, us: 1, ns: 1000 }[unit]);
  const seconds = Math.floor(us / 1_000_000);
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = us % 1_000_000;
  const sign = value < 0 ? '-' : '';
  return `${sign}${clock}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
