import { formatSeconds } from './duration.ts';

/** Times are shown in UTC or in the reader's own zone, told once a page. */
export type Zone = 'UTC' | 'local';

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...options,
    ...(zone === 'UTC' ? { timeZone: 'UTC' } : {}),
    hourCycle: 'h23',
  });
  formats.set(key, made);
  return made;
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

/** `10:06:43`, or `20 Nov 14:02` when it was more than 20 hours before `nowMs`. */
export function formatMoment(atMs: number, nowMs: number, zone: Zone): string {
  if (Math.abs(nowMs - atMs) < 20 * 3_600_000) return parts(zone, CLOCK).format(atMs);
  return parts(zone, { ...DAY, hour: '2-digit', minute: '2-digit' })
    .format(atMs)
    .replace(',', '');
}

/** `10:06:43`. */
export function formatClock(atMs: number, zone: Zone): string {
  return parts(zone, CLOCK).format(atMs);
}

/** `10:06`. */
export function formatMinute(atMs: number, zone: Zone): string {
  return parts(zone, { hour: '2-digit', minute: '2-digit' }).format(atMs);
}

/** `20 Nov`. */
export function formatDay(atMs: number, zone: Zone): string {
  return parts(zone, DAY).format(atMs);
}

/** `10:06:43.088`, for log lines. */
export function formatClockMs(atMs: number, zone: Zone): string {
  return parts(zone, { ...CLOCK, fractionalSecondDigits: 3 }).format(atMs);
}

/** `2 m 34 s ago`, `in 6 h 51 m`, `now`. */
export function formatAgo(atMs: number, nowMs: number): string {
  const seconds = (nowMs - atMs) / 1_000;
  if (Math.abs(seconds) < 1) return 'now';
  const span = formatSeconds(Math.abs(Math.trunc(seconds)));
  return seconds > 0 ? `${span} ago` : `in ${span}`;
}

/** Milliseconds of an ISO instant as the API writes it. */
export function toMs(instant: string): number;
export function toMs(instant: string | null | undefined): number | null;
export function toMs(instant: string | null | undefined): number | null {
  return instant == null ? null : Date.parse(instant);
}
