/** One character a state: what the columnar answers of `/ui` are made of. A space: no such task in that run. */
export const STATE_CODES = {
  none: '.',
  scheduled: 'c',
  queued: 'q',
  running: 'r',
  success: 's',
  failed: 'f',
  skipped: 'k',
  upstream_failed: 'u',
  up_for_retry: 't',
  up_for_reschedule: 'e',
  deferred: 'd',
  restarting: 'x',
  removed: 'm',
} as const;
export type UiTaskState = keyof typeof STATE_CODES;

export const NO_TASK = ' ';

/** The state a character stands for; undefined for `NO_TASK` and for what a newer server may add. */
export function stateOfCode(code: string): UiTaskState | undefined {
  return STATES_BY_CODE.get(code);
}

const STATES_BY_CODE: ReadonlyMap<string, UiTaskState> = new Map(
  Object.entries(STATE_CODES).map(([state, code]) => [code, state as UiTaskState]),
);

/** Run types in one character. */
export const RUN_TYPE_CODES = {
  scheduled: 's',
  manual: 'm',
  backfill: 'b',
  asset_triggered: 'a',
} as const;
