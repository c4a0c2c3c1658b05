import type { SerializedDag, SerializedSchedule } from '../dag/serialized-dag.ts';
import { toRunId } from './run-id.ts';
import { alignToNext, intervalGrid, type DataInterval, type IntervalGrid } from './timetable.ts';

/** A run the schedule asks for. Instants are ms since the epoch. */
export interface ScheduledRun {
  readonly runId: string;
  /** The start of its interval. */
  readonly logicalDate: number;
  readonly dataInterval: DataInterval;
  /** Not to be created before; the end of its interval. */
  readonly runAfter: number;
}

export interface ScheduleSituation {
  /** The interval of the DAG's last scheduled run (manual ones and backfills do not count); null: none yet. */
  readonly lastRun: DataInterval | null;
  readonly startDate: number | null;
  /** The last instant an interval may start at. */
  readonly endDate: number | null;
  /** False: intervals that were over before the newest complete one are passed over. */
  readonly catchup: boolean;
  readonly now: number;
}

/**
 * The next run of a schedule, which may lie in the future (`runAfter > now`); null when there is none.
 * `none` and `on_records` have no timetable.
 */
export function nextRun(
  schedule: SerializedSchedule,
  situation: ScheduleSituation,
): ScheduledRun | null {
  switch (schedule.kind) {
    case 'none':
    case 'on_records':
      return null;
    case 'once':
      return nextOnce(situation);
    case 'dates':
      return nextDate(schedule.dates, situation);
    case 'cron':
    case 'every': {
      const grid = intervalGrid(schedule, situation.startDate);
      return grid === null ? null : nextInterval(grid, situation);
    }
  }
}

/** The next `count` runs with `runAfter` later than `after`, whatever has run so far. */
export function nextExecutions(
  dag: Pick<SerializedDag, 'schedule' | 'startDate' | 'endDate'>,
  after: number,
  count: number,
): readonly ScheduledRun[] {
  const startDate = toInstant(dag.startDate);
  const situation = { startDate, endDate: toInstant(dag.endDate), catchup: true, now: after };
  let lastRun = lastIntervalAt(dag.schedule, startDate, after);
  const runs: ScheduledRun[] = [];
  while (runs.length < count) {
    const run = nextRun(dag.schedule, { ...situation, lastRun });
    if (run === null) break;
    lastRun = run.dataInterval;
    if (run.runAfter > after) runs.push(run);
  }
  return runs;
}

/** The interval that was over last at `at`: the next one is the first to end later. */
function lastIntervalAt(
  schedule: SerializedSchedule,
  startDate: number | null,
  at: number,
): DataInterval | null {
  const grid = intervalGrid(schedule, startDate);
  const end = grid?.previous(at + 1) ?? null;
  const start = end === null ? null : (grid?.previous(end) ?? null);
  return start === null || end === null ? null : { start, end };
}

function toInstant(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}

function nextInterval(grid: IntervalGrid, situation: ScheduleSituation): ScheduledRun | null {
  const earliest = earliestStart(grid, situation);
  const last = situation.lastRun;
  if (earliest === null) return null;
  const start = last === null ? earliest : Math.max(last.end, earliest);
  if (situation.endDate !== null && start > situation.endDate) return null;
  const end = grid.next(start);
  return end === null ? null : toRun({ start, end });
}

/** Where intervals may start: at the start date, or with catch-up off at the newest complete interval. */
function earliestStart(grid: IntervalGrid, situation: ScheduleSituation): number | null {
  const { startDate, lastRun, now } = situation;
  const first = startDate === null ? null : alignToNext(grid, startDate);
  if (situation.catchup && startDate !== null) return first;
  if (situation.catchup && lastRun !== null) return lastRun.end;
  const newest = newestComplete(grid, now);
  if (newest === null) return first;
  return first === null ? newest : Math.max(first, newest);
}

/** The start of the last interval that has ended at `now`; one that ends right now has. */
function newestComplete(grid: IntervalGrid, now: number): number | null {
  const end = grid.previous(now + 1);
  return end === null ? null : grid.previous(end);
}

function nextOnce(situation: ScheduleSituation): ScheduledRun | null {
  if (situation.lastRun !== null) return null;
  return pointRun(situation.startDate ?? situation.now, situation.endDate);
}

/** The first date not run yet; with catch-up off, dates that a later past date follows are passed over. */
function nextDate(dates: readonly string[], situation: ScheduleSituation): ScheduledRun | null {
  const { lastRun, startDate, catchup, now } = situation;
  const open = dates
    .map((date) => Date.parse(date))
    .sort((a, b) => a - b)
    .filter((at) => (lastRun === null || at > lastRun.end) && at >= (startDate ?? at));
  const newestPast = catchup ? undefined : open.findLast((at) => at <= now);
  const next = newestPast ?? open[0];
  return next === undefined ? null : pointRun(next, situation.endDate);
}

function pointRun(at: number, endDate: number | null): ScheduledRun | null {
  return endDate !== null && at > endDate ? null : toRun({ start: at, end: at });
}

function toRun(dataInterval: DataInterval): ScheduledRun {
  return {
    runId: toRunId('scheduled', dataInterval.end),
    logicalDate: dataInterval.start,
    dataInterval,
    runAfter: dataInterval.end,
  };
}
