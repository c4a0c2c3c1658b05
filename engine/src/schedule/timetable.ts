import type { SerializedSchedule } from '../dag/serialized-dag.ts';
import { parseCron } from './cron.ts';

/** A half-open span of time in ms since the epoch. */
export interface DataInterval {
  readonly start: number;
  readonly end: number;
}

/** Where the boundaries between the intervals of a schedule lie, without end in both directions. */
export interface IntervalGrid {
  /** The first boundary after `instant`; null when the schedule has ended. */
  next(instant: number): number | null;
  /** The last boundary before `instant`. */
  previous(instant: number): number | null;
}

/**
 * The grid of a schedule whose runs are intervals; null for the other kinds. `every` is anchored at the start
 * date, at the epoch when there is none.
 */
export function intervalGrid(
  schedule: SerializedSchedule,
  startDate: number | null,
): IntervalGrid | null {
  switch (schedule.kind) {
    case 'cron':
      return parseCron(schedule.expression, schedule.timezone);
    case 'every':
      return everyGrid(schedule.everyMs, startDate ?? 0);
    case 'none':
    case 'once':
    case 'on_records':
    case 'dates':
      return null;
  }
}

/** Arithmetic, not steps: an `every('5s')` of ten years ago costs no more than one of today. */
function everyGrid(everyMs: number, anchor: number): IntervalGrid {
  return {
    next: (instant) => anchor + (Math.floor((instant - anchor) / everyMs) + 1) * everyMs,
    previous: (instant) => anchor + (Math.ceil((instant - anchor) / everyMs) - 1) * everyMs,
  };
}

/** `instant` itself when it is a boundary, else the next one. */
export function alignToNext(grid: IntervalGrid, instant: number): number | null {
  return grid.next(instant - 1);
}
