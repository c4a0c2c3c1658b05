import { BugError } from '../platform/errors.ts';
import { recount } from './recount.ts';
import type { TaskGraph } from './task-graph.ts';
import { nextTaskState, type TaskState } from './task-state.ts';
import { decide, type Decision } from './trigger-rule.ts';

/** What the rules say about a run, nothing admitted or started yet. */
export interface Settled {
  /** The states after every early decision. */
  readonly states: readonly TaskState[];
  /** Places of tasks whose rule holds now and that wait for nothing but a slot. */
  readonly runnable: readonly number[];
}

/** States in which the rule is still asked. */
function isUndecided(state: TaskState): boolean {
  return state === 'none' || state === 'up_for_retry' || state === 'up_for_reschedule';
}

/**
 * Applies skips and failures by rule, and takes back what was ready too early, until nothing changes. `isDue` says whether a retry or reschedule
 * has waited long enough (default: all have).
 */
export function settle(
  graph: TaskGraph,
  before: readonly TaskState[],
  isDue: (ix: number) => boolean = () => true,
): Settled {
  const states = [...before];
  for (;;) {
    const level = decideLevel(graph, states);
    for (const { ix, state } of level.decided) states[ix] = state;
    if (level.decided.length === 0) return { states, runnable: level.runnable.filter(isDue) };
  }
}

type RuleEvent = 'skip_by_rule' | 'fail_by_rule' | 'withdraw';

/** One level of decisions: what the states as they stand say, their own consequences left for the next. */
export function decideLevel(
  graph: TaskGraph,
  states: readonly TaskState[],
): { readonly decided: readonly { ix: number; state: TaskState }[]; readonly runnable: number[] } {
  const decided: { ix: number; state: TaskState }[] = [];
  const runnable: number[] = [];
  const counts = recount(graph, states);
  for (const [ix, task] of graph.tasks.entries()) {
    const state = states[ix] ?? 'none';
    const own = counts[ix];
    if (own === undefined || !(isUndecided(state) || state === 'scheduled')) continue;
    const decision = decide(task.rule, own);
    const event = eventOf(decision, state);
    if (event !== null) decided.push({ ix, state: decidedState(state, event) });
    else if (decision === 'run' && isUndecided(state)) runnable.push(ix);
  }
  return { decided, runnable };
}

/** What was ready waits again when an upstream starts afresh: no task starts before its rule holds. */
function eventOf(decision: Decision, state: TaskState): RuleEvent | null {
  switch (decision) {
    case 'skip':
      return 'skip_by_rule';
    case 'upstream_failed':
      return 'fail_by_rule';
    case 'wait':
      return state === 'none' ? null : 'withdraw';
    case 'run':
      return null;
  }
}

function decidedState(state: TaskState, event: RuleEvent): TaskState {
  const next = nextTaskState(state, event);
  if (next === null) throw new BugError(`a rule decided a task instance in state ${state}`);
  return next;
}
