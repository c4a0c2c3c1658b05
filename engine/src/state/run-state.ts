/** Airflow's states of a run. */
export const RUN_STATES = ['queued', 'running', 'success', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];

export const RUN_EVENTS = [
  // The engine.
  'start',
  'succeed',
  'fail',
  'time_out',
  // A cancelled backfill gives up its runs that have not started.
  'cancel',
  // A person.
  'clear',
  'mark_queued',
  'mark_success',
  'mark_failed',
] as const;
export type RunEvent = (typeof RUN_EVENTS)[number];

const MARKED = { mark_queued: 'queued', mark_success: 'success', mark_failed: 'failed' } as const;
const FINISHED = {
  start: null,
  succeed: null,
  fail: null,
  time_out: null,
  cancel: null,
  clear: 'queued',
  ...MARKED,
} as const;

/** The one table of what a run may become; `null` refuses the event. */
export const RUN_TRANSITIONS: Readonly<
  Record<RunState, Readonly<Record<RunEvent, RunState | null>>>
> = {
  queued: {
    start: 'running',
    succeed: null,
    fail: null,
    time_out: null,
    cancel: 'failed',
    // An unfinished run is left as it is when some of its tasks are cleared.
    clear: 'queued',
    ...MARKED,
  },
  running: {
    start: null,
    succeed: 'success',
    fail: 'failed',
    time_out: 'failed',
    cancel: null,
    clear: 'running',
    ...MARKED,
  },
  success: FINISHED,
  failed: FINISHED,
};

/** The state after `event`, or null when the event is refused in `state`. */
export function nextRunState(state: RunState, event: RunEvent): RunState | null {
  return RUN_TRANSITIONS[state][event];
}

/** A finished run holds no run slot and takes no more decisions. */
export function isFinishedRunState(state: RunState): state is 'success' | 'failed' {
  return state === 'success' || state === 'failed';
}
