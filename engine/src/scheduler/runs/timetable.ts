import { nextRun, type ScheduledRun } from '../../schedule/next-run.ts';
import { intervalGrid, type DataInterval } from '../../schedule/timetable.ts';
import type { DagPlan } from '../../store/runs/dag-plan.ts';
import type { NextRun } from '../../store/runs/schedulable-dags.ts';

/** What the timetable asks for after `lastRun`, as of `now`. */
export function planNext(
  plan: DagPlan,
  asked: { readonly lastRun: DataInterval | null; readonly now: Date },
): NextRun | null {
  const run = nextRun(plan.schedule, {
    lastRun: asked.lastRun,
    startDate: plan.startDate === null ? null : Date.parse(plan.startDate),
    endDate: plan.endDate === null ? null : Date.parse(plan.endDate),
    catchup: plan.catchup,
    now: asked.now.getTime(),
  });
  return run === null ? null : toNextRun(run);
}

/**
 * The planned run as of now: with catch-up off, one that was due long ago gives way to the newest complete
 * interval.
 */
export function refreshNext(plan: DagPlan, next: NextRun, now: Date): NextRun | null {
  // An interval before it, as if it had run: `once` and `dates` have points in time, which do not move.
  if (plan.schedule.kind === 'once' || plan.schedule.kind === 'dates') return next;
  const start = next.intervalStart.getTime();
  return planNext(plan, { lastRun: { start, end: start }, now });
}

export function intervalOf(next: NextRun): DataInterval {
  return { start: next.intervalStart.getTime(), end: next.intervalEnd.getTime() };
}

/** The interval a run by hand stands for: the one complete at that time, as Airflow infers it. */
export function intervalAt(plan: DagPlan, at: Date): DataInterval {
  const { schedule } = plan;
  const instant = at.getTime();
  if (schedule.kind === 'every') return { start: instant - schedule.everyMs, end: instant };
  const grid = intervalGrid(schedule, plan.startDate === null ? null : Date.parse(plan.startDate));
  const end = grid?.previous(instant + 1) ?? null;
  const start = end === null ? null : (grid?.previous(end) ?? null);
  return start === null || end === null ? { start: instant, end: instant } : { start, end };
}

function toNextRun(run: ScheduledRun): NextRun {
  return {
    logicalDate: new Date(run.logicalDate),
    intervalStart: new Date(run.dataInterval.start),
    intervalEnd: new Date(run.dataInterval.end),
    runAfter: new Date(run.runAfter),
  };
}
