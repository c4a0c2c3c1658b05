import { BugError } from '../platform/errors.ts';
import { recount } from './recount.ts';
import type { TaskGraph } from './task-graph.ts';
import { nextTaskState, type TaskState } from './task-state.ts';
import { decide } from './trigger-rule.ts';

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
 * Applies skips and failures by rule until nothing changes, then takes back what was ready too early.
 * `isDue` says whether a retry or reschedule has waited long enough (default: all have).
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
    if (level.decided.length > 0) continue;
    // Last, not level by level: an upstream that starts afresh may be decided again at once.
    for (const ix of level.waiting) states[ix] = withdrawn(states[ix] ?? 'none');
    return { states, runnable: level.runnable.filter(isDue) };
  }
}

export interface DecidedLevel {
  readonly decided: readonly { readonly ix: number; readonly state: TaskState }[];
  readonly runnable: readonly number[];
  readonly waiting: readonly number[];
}

/** One level of decisions: what the states as they stand say, their own consequences left for the next. */
export function decideLevel(graph: TaskGraph, states: readonly TaskState[]): DecidedLevel {
  const decided: { ix: number; state: TaskState }[] = [];
  const runnable: number[] = [];
  const waiting: number[] = [];
  const counts = recount(graph, states);
  for (const [ix, task] of graph.tasks.entries()) {
    const state = states[ix] ?? 'none';
    const own = counts[ix];
    if (own === undefined || !(isUndecided(state) || state === 'scheduled')) continue;
    const decision = decide(task.rule, own);
    if (decision === 'wait') waiting.push(ix);
    else if (decision !== 'run') decided.push({ ix, state: decidedState(state, decision) });
    else if (isUndecided(state)) runnable.push(ix);
  }
  return { decided, runnable, waiting };
}

function decidedState(state: TaskState, decision: 'skip' | 'upstream_failed'): TaskState {
  const next = nextTaskState(state, decision === 'skip' ? 'skip_by_rule' : 'fail_by_rule');
  if (next === null) throw new BugError(`a rule decided a task instance in state ${state}`);
  return next;
}

/** What was ready waits again when an upstream starts afresh: no task starts before its rule holds. */
function withdrawn(state: TaskState): TaskState {
  return nextTaskState(state, 'withdraw') ?? state;
}
