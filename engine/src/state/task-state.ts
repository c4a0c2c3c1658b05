/** Airflow's states of a task instance; `none` is Airflow's null: nothing decided yet. */
export const TASK_STATES = [
  'none',
  'scheduled',
  'queued',
  'running',
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'up_for_retry',
  'up_for_reschedule',
  'deferred',
  'restarting',
  'removed',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What can happen to a task instance. The actor of each is named in `engine/STATES.md`. */
export const TASK_EVENTS = [
  // The engine: `decide`, timers, admission, claim.
  'schedule',
  'skip_by_rule',
  'fail_by_rule',
  'withdraw',
  'queue',
  'start',
  // A worker's report, after the engine has looked at retries.
  'succeed',
  'fail',
  'retry',
  'skip',
  'reschedule',
  'defer',
  // The infrastructure lost the try: no retry is used.
  'lose',
  // A person, or the end of the run.
  'clear',
  'mark_success',
  'mark_failed',
  'mark_skipped',
  'run_timed_out',
  'run_marked_failed',
  // The run moved to a DAG version with other tasks.
  'remove',
  'restore',
] as const;
export type TaskEvent = (typeof TASK_EVENTS)[number];

type Row = Readonly<Record<TaskEvent, TaskState | null>>;

const NOT_DECIDED = {
  schedule: null,
  skip_by_rule: null,
  fail_by_rule: null,
  withdraw: null,
} as const;
const DECIDED = {
  schedule: 'scheduled',
  skip_by_rule: 'skipped',
  fail_by_rule: 'upstream_failed',
  // An upstream was cleared or marked: the rule does not hold any more.
  withdraw: 'none',
} as const;

const NOT_REPORTED = {
  succeed: null,
  fail: null,
  retry: null,
  skip: null,
  reschedule: null,
  defer: null,
  lose: null,
} as const;
const REPORTED = {
  succeed: 'success',
  fail: 'failed',
  retry: 'up_for_retry',
  skip: 'skipped',
  reschedule: 'up_for_reschedule',
  defer: 'deferred',
  lose: 'scheduled',
} as const;
/** Whatever the cleared try says, the task instance starts afresh. */
const REPORTED_AFTER_CLEAR = {
  succeed: 'none',
  fail: 'none',
  retry: 'none',
  skip: 'none',
  reschedule: 'none',
  defer: 'none',
  lose: 'none',
} as const;

const MARKED = {
  mark_success: 'success',
  mark_failed: 'failed',
  mark_skipped: 'skipped',
} as const;

const STOPPED_BEFORE_START = {
  run_timed_out: 'skipped',
  run_marked_failed: 'skipped',
  remove: 'removed',
  restore: null,
} as const;
const STOPPED_IN_MIDST = { ...STOPPED_BEFORE_START, run_marked_failed: 'failed' } as const;

/** Finished: only a person moves it. */
const FINISHED: Row = {
  ...NOT_DECIDED,
  queue: null,
  start: null,
  ...NOT_REPORTED,
  clear: 'none',
  ...MARKED,
  run_timed_out: null,
  run_marked_failed: null,
  remove: null,
  restore: null,
};

/**
 * The one table of what a task instance may become; `null` refuses the event. A new state or event does not
 * compile until every cell is answered. Everything that writes `task_instance.state` goes through it.
 */
export const TASK_TRANSITIONS: Readonly<Record<TaskState, Row>> = {
  none: {
    ...DECIDED,
    withdraw: null,
    queue: null,
    start: null,
    ...NOT_REPORTED,
    clear: 'none',
    ...MARKED,
    ...STOPPED_BEFORE_START,
  },
  scheduled: {
    ...DECIDED,
    queue: 'queued',
    start: null,
    ...NOT_REPORTED,
    clear: 'none',
    ...MARKED,
    ...STOPPED_BEFORE_START,
  },
  queued: {
    ...NOT_DECIDED,
    queue: null,
    start: 'running',
    ...NOT_REPORTED,
    fail: 'failed',
    lose: 'scheduled',
    clear: 'none',
    ...MARKED,
    ...STOPPED_BEFORE_START,
  },
  running: {
    ...NOT_DECIDED,
    queue: null,
    start: null,
    ...REPORTED,
    clear: 'restarting',
    ...MARKED,
    ...STOPPED_IN_MIDST,
  },
  up_for_retry: {
    ...DECIDED,
    queue: null,
    start: null,
    ...NOT_REPORTED,
    clear: 'none',
    ...MARKED,
    ...STOPPED_BEFORE_START,
  },
  up_for_reschedule: {
    ...DECIDED,
    queue: null,
    start: null,
    ...NOT_REPORTED,
    clear: 'none',
    ...MARKED,
    ...STOPPED_IN_MIDST,
  },
  deferred: {
    ...NOT_DECIDED,
    schedule: 'scheduled',
    queue: null,
    start: null,
    ...NOT_REPORTED,
    clear: 'none',
    ...MARKED,
    ...STOPPED_IN_MIDST,
  },
  restarting: {
    ...NOT_DECIDED,
    queue: null,
    start: null,
    ...REPORTED_AFTER_CLEAR,
    clear: 'restarting',
    ...MARKED,
    ...STOPPED_BEFORE_START,
  },
  success: FINISHED,
  failed: FINISHED,
  skipped: FINISHED,
  upstream_failed: FINISHED,
  removed: { ...FINISHED, restore: 'none' },
};

/** The state after `event`, or null when the event is refused in `state`. */
export function nextTaskState(state: TaskState, event: TaskEvent): TaskState | null {
  return TASK_TRANSITIONS[state][event];
}

export type FinishedTaskState = 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'removed';

const FINISHED_STATES: ReadonlySet<TaskState> = new Set<FinishedTaskState>([
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'removed',
]);

/** Nothing but a person moves a finished task instance. */
export function isFinishedTaskState(state: TaskState): state is FinishedTaskState {
  return FINISHED_STATES.has(state);
}

/** States that hold a pool slot and count against limits. */
export function isActiveTaskState(state: TaskState): boolean {
  return state === 'queued' || state === 'running' || state === 'restarting';
}
