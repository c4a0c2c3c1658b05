import type { FlushDraft } from './flush-draft.ts';
import { placeOf, type TaskRef, type TaskRow } from './flush-rows.ts';
import { isFinishedTaskState } from './task-state.ts';
import { decide } from './trigger-rule.ts';
import { countUpstream, type UpstreamCounts } from './upstream-counts.ts';

/** What one level of a flush still has to look at. */
export interface Level {
  /** Skipped whatever their rules say. */
  readonly skips: readonly TaskRef[];
  /** Asked although no upstream of theirs finished: roots, tasks that start afresh. */
  readonly asked: readonly TaskRef[];
}

/** Every row the level needs: the downstreams of what has settled, what is skipped, what is asked. */
export function rowsOfLevel(draft: FlushDraft, level: Level): TaskRef[] {
  const needed = new Map<number, TaskRef>();
  const add = (ref: TaskRef): void => void needed.set(placeOf(ref), ref);
  for (const row of draft.settled) {
    for (const ix of downstreamOf(draft, row)) add({ runKey: row.runKey, ix });
  }
  level.skips.forEach(add);
  level.asked.forEach(add);
  return [...needed.values()].filter((ref) => draft.task(ref) === undefined);
}

/**
 * Tells the downstreams of everything that settled, applies skips, asks the rules. What ends by that settles
 * in turn: the caller goes on until nothing is left.
 */
export function decideLevel(draft: FlushDraft, level: Level): void {
  const settled = draft.settled;
  draft.settled = [];
  const asked = new Set<TaskRow>();
  for (const ref of level.skips) {
    const row = draft.task(ref);
    if (row !== undefined) draft.move(row, 'skip_by_rule');
  }
  for (const row of settled) countAtDownstreams(draft, row, asked);
  for (const ref of level.asked) {
    const row = draft.task(ref);
    if (row !== undefined) asked.add(row);
  }
  for (const row of asked) applyRule(draft, row);
}

function countAtDownstreams(draft: FlushDraft, row: TaskRow, asked: Set<TaskRow>): void {
  for (const ix of downstreamOf(draft, row)) {
    const child = draft.task({ runKey: row.runKey, ix });
    if (child === undefined) continue;
    countUpstream(child, { state: row.state, isSetup: isSetup(draft, row) });
    draft.touchedTasks.add(child);
    asked.add(child);
  }
}

function applyRule(draft: FlushDraft, row: TaskRow): void {
  if (isFinishedTaskState(row.state) || draft.run(row.runKey).state !== 'running') return;
  const task = draft.facts(row).flow.graph.tasks[row.ix];
  if (task === undefined) return;
  // Counting set-up tasks takes a look at every upstream: only for the rule that asks.
  const counts = task.rule === 'all_done_setup_success' ? withSetups(draft, row) : row;
  switch (decide(task.rule, counts)) {
    case 'run':
      // A retry or reschedule waits for its timer, not for its rule.
      if (row.state === 'none') draft.move(row, 'schedule');
      return;
    case 'skip':
      draft.move(row, 'skip_by_rule');
      return;
    case 'upstream_failed':
      draft.move(row, 'fail_by_rule');
      return;
    case 'wait':
      draft.move(row, 'withdraw');
      return;
  }
}

function withSetups(draft: FlushDraft, row: TaskRow): UpstreamCounts {
  const graph = draft.facts(row).flow.graph;
  const upstream = graph.tasks[row.ix]?.upstream ?? [];
  const setupTotal = upstream.filter((ix) => graph.tasks[ix]?.isSetup === true).length;
  return { ...row, setupTotal };
}

function downstreamOf(draft: FlushDraft, row: TaskRef): readonly number[] {
  return draft.facts(row).flow.graph.tasks[row.ix]?.downstream ?? [];
}

function isSetup(draft: FlushDraft, row: TaskRef): boolean {
  return draft.facts(row).flow.graph.tasks[row.ix]?.isSetup ?? false;
}
