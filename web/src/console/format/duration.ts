const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/**
 * A time span in at most two units: `0.4 ms`, `48 ms`, `3.1 s`, `1 m 43 s`, `2 d 4 h`. Null is "unknown", not zero.
 */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  const span = Math.max(0, seconds);
  if (span === 0) return '0 s';
  if (span < 0.0995) return `${trim(span * 1_000, span < 0.00995 ? 1 : 0)} ms`;
  if (span < 0.9995) return `${Math.round(span * 1_000)} ms`;
  if (span < 9.95) return `${trim(span, 1)} s`;
  if (span < 59.5) return `${Math.round(span)} s`;
  const whole = Math.round(span);
  const index = UNITS.findIndex(([, size]) => whole >= size);
  const [unit, size] = UNITS[index] ?? UNITS[2];
  const [smaller, smallerSize] = UNITS[index + 1] ?? (['s', 1] as const);
  const big = Math.floor(whole / size);
  const small = Math.floor((whole - big * size) / smallerSize);
  return small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smaller}`;
}

export function formatMs(ms: number | null): string {
  return formatSeconds(ms === null ? null : ms / 1_000);
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
