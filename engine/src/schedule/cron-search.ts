import { parseCronRules, type CronRule, type CronRules } from './cron-dialect.ts';
import { cronNeverFires } from './errors.ts';

/** The way to search: later or earlier. */
export type Direction = 1 | -1;

/**
 * The matches of a cron expression on the wall clock alone: wall times are written as if they were UTC, so
 * that every day has 86,400 seconds. What a zone makes of them is `cron.ts`'s business.
 */
export interface WallMatches {
  /** The first match beyond `wall` in a direction; null when the years have run out. */
  beyond(wall: number, direction: Direction): number | null;
  readonly isEveryHour: boolean;
}

const DAY_MS = 86_400_000;

/** Reads an expression. Throws `CRON_INVALID` or `CRON_NEVER_FIRES`. */
export function wallMatches(expression: string): WallMatches {
  const cron = parseCronRules(expression);
  const finders = (direction: Direction): readonly Find[] =>
    cron.rules.map((rule) => remember((wall) => findMatch(cron, rule, { wall, direction })));
  const [later, earlier] = [finders(1), finders(-1)];
  const beyond: WallMatches['beyond'] = (wall, direction) => {
    const found = (direction === 1 ? later : earlier)
      .map((find) => find(wall))
      .filter((match) => match !== null);
    if (found.length === 0) return null;
    return direction === 1 ? Math.min(...found) : Math.max(...found);
  };
  const firstYear = cron.years?.[0];
  if (firstYear !== undefined && beyond(Date.UTC(firstYear, 0) - 1, 1) === null) {
    throw cronNeverFires(expression);
  }
  return { beyond, isEveryHour: cron.isEveryHour };
}

type Find = (wall: number) => number | null;

/** Searches only where the last answer does not hold: a leap day is not looked for on every Monday before it. */
function remember(find: Find): Find {
  let asked = 0;
  let found: number | null = null;
  return (wall) => {
    const holds = found !== null && found !== wall && (found - wall) * (wall - asked) >= 0;
    if (!holds) [asked, found] = [wall, find(wall)];
    return found;
  };
}

/** cron-parser finds the matches; those of a wrong year or day are passed over, a whole one at a time. */
function findMatch(
  { years }: CronRules,
  { expression, nearestTo }: CronRule,
  from: { readonly wall: number; readonly direction: Direction },
): number | null {
  const { direction } = from;
  for (let wall = from.wall; ;) {
    expression.reset(new Date(wall));
    const match = (direction === 1 ? expression.next() : expression.prev()).getTime();
    const year = new Date(match).getUTCFullYear();
    if (years !== null && !years.includes(year)) {
      const other =
        direction === 1 ? years.find((one) => one > year) : years.findLast((one) => one < year);
      if (other === undefined) return null;
      wall = direction === 1 ? Date.UTC(other, 0) - 1 : Date.UTC(other + 1, 0);
    } else if (nearestTo !== undefined && !isNearestWeekday(match, nearestTo)) {
      const day = Math.floor(match / DAY_MS) * DAY_MS;
      wall = direction === 1 ? day + DAY_MS - 1 : day;
    } else {
      return match;
    }
  }
}

/** Whether a day is the weekday nearest to the `wanted` day, never leaving the month. */
function isNearestWeekday(wall: number, wanted: number): boolean {
  const date = new Date(wall);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  if (wanted > last) return false;
  const weekday = new Date(Date.UTC(year, month, wanted)).getUTCDay();
  const saturday = wanted === 1 ? 3 : wanted - 1;
  const sunday = wanted === last ? wanted - 2 : wanted + 1;
  const nearest = weekday === 6 ? saturday : weekday === 0 ? sunday : wanted;
  return date.getUTCDate() === nearest;
}
