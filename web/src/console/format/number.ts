const WHOLE = new Intl.NumberFormat('en-US');
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `23,141`. */
export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `23.1K`, where there is little room. */
export function formatShort(count: number): string {
  return SHORT.format(count);
}

/** `1 record`, `23,141 records`. */
export function formatOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
