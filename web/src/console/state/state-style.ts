/** Every state a run or a task instance can be in, with its glyph, word and colour: the one map of them. */
export interface StateStyle {
  /** The word shown: Airflow's. */
  readonly word: string;
  /** CSS colour. */
  readonly color: string;
  /** Path markup of the 12 × 12 glyph is `StateGlyph`'s; this is its name there. */
  readonly glyph: StateName;
  /** True when somebody should look at it. */
  readonly isTrouble: boolean;
}

export const STATE_NAMES = [
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
  'awaiting_input',
  'restarting',
  'removed',
] as const;
export type StateName = (typeof STATE_NAMES)[number];

const TROUBLE: ReadonlySet<StateName> = new Set(['failed', 'upstream_failed', 'up_for_retry']);
const FINISHED: ReadonlySet<StateName> = new Set([
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'removed',
]);

/** The style of a state as the API names it; null and unknown ones are "no state". */
export function stateStyle(state: string | null | undefined): StateStyle {
  const name = toStateName(state);
  return {
    word: name === 'none' ? 'no state' : name.replaceAll('_', ' '),
    color: `var(--st-${name})`,
    glyph: name,
    isTrouble: TROUBLE.has(name),
  };
}

export function toStateName(state: string | null | undefined): StateName {
  return STATE_NAMES.find((name) => name === state) ?? 'none';
}

/** True when nothing will change any more without somebody's doing. */
export function isFinished(state: string | null | undefined): boolean {
  return FINISHED.has(toStateName(state));
}
