import { isDeepStrictEqual } from 'node:util';

import { poolKey, type TaskRow } from '../../state/flush-rows.ts';
import { recount } from '../../state/recount.ts';
import { isFinishedRunState } from '../../state/run-state.ts';
import {
  isActiveTaskState,
  isFinishedTaskState,
  nextTaskState,
  TASK_EVENTS,
  TASK_STATES,
  type TaskEvent,
  type TaskState,
} from '../../state/task-state.ts';
import { decide } from '../../state/trigger-rule.ts';
import type { UpstreamCounts } from '../../state/upstream-counts.ts';
import type { MemoryStore } from '../../store/memory/memory-store.ts';

/** States of a run's task instances before a transaction, by place. */
export type StatesBefore = ReadonlyMap<number, readonly TaskState[]>;

export function statesOf(store: MemoryStore): StatesBefore {
  return new Map(
    [...store.runs.keys()].map((runKey) => [
      runKey,
      store.listTasks(runKey).map((row) => row.state),
    ]),
  );
}

/**
 * What is wrong after a transaction, by the invariants of `engine/STATES.md`; empty when nothing is. What a
 * person clears or marks may move from anywhere to anywhere.
 */
export function brokenInvariants(
  store: MemoryStore,
  before: StatesBefore,
  isPersonsDoing = false,
): string[] {
  const broken: string[] = [];
  for (const runKey of store.runs.keys()) {
    const rows = store.listTasks(runKey);
    if (isUnchanged(before.get(runKey), rows)) continue;
    if (!isPersonsDoing) broken.push(...brokenMoves(store, rows, before.get(runKey) ?? []));
    broken.push(...brokenCounters(store, rows));
    broken.push(...brokenRun(store, runKey, rows));
  }
  return [...broken, ...brokenLimits(store)];
}

function isUnchanged(before: readonly TaskState[] | undefined, rows: readonly TaskRow[]): boolean {
  return before?.length === rows.length && rows.every((row, ix) => row.state === before[ix]);
}

/** I1, I2, I3: along the table, and no start before the rule holds. */
function brokenMoves(
  store: MemoryStore,
  rows: readonly TaskRow[],
  before: readonly TaskState[],
): string[] {
  const broken: string[] = [];
  const first = rows[0];
  if (first === undefined) return broken;
  const graph = store.factsOf(first.runKey).flow.graph;
  const counts = recount(
    graph,
    rows.map((row) => row.state),
  );
  for (const row of rows) {
    const was = before[row.ix] ?? 'none';
    if (was === row.state) continue;
    if (!LEADS_TO[was].has(row.state))
      broken.push(`I1 ${nameOf(row)} went from ${was} to ${row.state}`);
    const task = graph.tasks[row.ix];
    const own = counts[row.ix];
    if (task === undefined || own === undefined || isActiveTaskState(was)) continue;
    const isUnderWay = row.state === 'scheduled' || isActiveTaskState(row.state);
    if (isUnderWay && decide(task.rule, own) !== 'run') {
      broken.push(`I3 ${nameOf(row)} is ${row.state} though ${task.rule} does not hold`);
    }
  }
  return broken;
}

/** I6. */
function brokenCounters(store: MemoryStore, rows: readonly TaskRow[]): string[] {
  const first = rows[0];
  if (first === undefined) return [];
  const graph = store.factsOf(first.runKey).flow.graph;
  const expected = recount(
    graph,
    rows.map((row) => row.state),
  );
  return rows.flatMap((row) => {
    const counts = countsOf(row, expected[row.ix]?.setupTotal ?? 0);
    return isDeepStrictEqual(counts, expected[row.ix])
      ? []
      : [
          `I6 ${nameOf(row)} has ${JSON.stringify(counts)}, not ${JSON.stringify(expected[row.ix])}`,
        ];
  });
}

function countsOf(row: TaskRow, setupTotal: number): UpstreamCounts {
  const { total, success, failed, upstreamFailed, skipped, removed, setupSuccess, setupSkipped } =
    row;
  return {
    total,
    success,
    failed,
    upstreamFailed,
    skipped,
    removed,
    setupSuccess,
    setupSkipped,
    setupTotal,
  };
}

/** I2, I7, I12 of one run. */
function brokenRun(store: MemoryStore, runKey: number, rows: readonly TaskRow[]): string[] {
  const run = store.runs.get(runKey);
  if (run === undefined) return [`run ${runKey} is gone`];
  const { flow } = store.factsOf(runKey);
  const broken: string[] = [];
  const active = rows.filter((row) => isActiveTaskState(row.state)).length;
  const leavesLeft = rows.filter(
    (row) => flow.leaves.has(row.ix) && !isFinishedTaskState(row.state),
  ).length;
  if (run.activeTasks !== active)
    broken.push(`I6 run ${runKey} counts ${run.activeTasks} active, has ${active}`);
  if (active > flow.maxActiveTasks) broken.push(`I12 run ${runKey} has ${active} tasks at work`);
  if (run.leavesLeft !== leavesLeft)
    broken.push(`I6 run ${runKey} counts ${run.leavesLeft} leaves, has ${leavesLeft}`);
  if (isFinishedRunState(run.state) && rows.some((row) => !isFinishedTaskState(row.state))) {
    broken.push(`I7 run ${runKey} is ${run.state} with unfinished tasks`);
  }
  return broken;
}

/** I12, I13. */
function brokenLimits(store: MemoryStore): string[] {
  const used = new Map<string, number>();
  for (const row of store.tasks.values()) {
    if (!isActiveTaskState(row.state)) continue;
    const task = store.factsOf(row.runKey).flow.tasks[row.ix];
    if (task !== undefined)
      used.set(poolKey(task), (used.get(poolKey(task)) ?? 0) + task.poolSlots);
  }
  const pools = [...store.limits.values()].flatMap((limit) => {
    const own = used.get(limit.key) ?? 0;
    const broken = own !== limit.used || own > limit.cap;
    return broken ? [`I12 ${limit.key} counts ${limit.used} of ${limit.cap}, has ${own}`] : [];
  });
  const running = [...store.live].filter(([runKey]) => store.runs.get(runKey)?.state === 'running');
  const scopes = running.flatMap(([runKey, live]) => {
    const same = running.filter(([, other]) => other.scope === live.scope).length;
    return same > live.cap ? [`I13 run ${runKey} runs beside ${same - 1} others`] : [];
  });
  return [...pools, ...scopes];
}

function nameOf(row: TaskRow): string {
  return `task ${row.ix} of run ${row.runKey}`;
}

/** Where each state may have come to within one flush, by itself: no person clears or marks here. */
const LEADS_TO = Object.fromEntries(
  TASK_STATES.map((state) => [state, reachableFrom(state)]),
) as Readonly<Record<TaskState, ReadonlySet<TaskState>>>;

function reachableFrom(start: TaskState): ReadonlySet<TaskState> {
  const events = TASK_EVENTS.filter((event) => !isByPerson(event));
  const reached = new Set<TaskState>();
  const open: TaskState[] = [start];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const event of events) {
      const next = nextTaskState(state, event);
      if (next === null || reached.has(next)) continue;
      reached.add(next);
      open.push(next);
    }
  }
  return reached;
}

function isByPerson(event: TaskEvent): boolean {
  return event === 'clear' || event === 'restore' || event.startsWith('mark_');
}
