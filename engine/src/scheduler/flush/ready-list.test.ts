import { describe, expect, it } from 'vitest';

import { chainOf, sampleDag, type SampleTask } from '../../../test/engine/sample-dags.ts';
import type { RunFacts } from '../../state/flush-rows.ts';
import { leavesOf, toTaskGraph } from '../../state/task-graph.ts';
import { forecast } from './forecast.ts';
import { ReadyList } from './ready-list.ts';

const DEFAULT = { queues: new Set(['default']) };
const free = (slots: number) => [{ ...DEFAULT, slots }];

function runOf(
  runKey: number,
  tasks: Readonly<Record<string, SampleTask>> = chainOf('a', 'b', 'c'),
  more: { readonly lane?: RunFacts['lane']; readonly maxActiveTasks?: number } = {},
): RunFacts {
  const dag = sampleDag('dag', tasks);
  const graph = toTaskGraph(dag.tasks);
  return {
    runKey,
    identity: `dag/${runKey}`,
    lane: more.lane ?? 'live',
    flow: {
      graph,
      tasks: dag.tasks,
      leaves: new Set(leavesOf(graph)),
      maxActiveTasks: more.maxActiveTasks ?? 16,
      runTimeoutMs: null,
    },
  };
}

function listOf(...runs: readonly RunFacts[]): ReadyList {
  const list = new ReadyList();
  for (const run of runs) list.add(run, 0);
  return list;
}

/** The first task of each run ends so. */
function endingOf(
  runs: readonly RunFacts[],
  outcome: Parameters<typeof forecast>[0][number]['outcome'] = { kind: 'success', output: null },
) {
  const known = new Map(runs.map((run) => [run.runKey, run]));
  const reports = runs.map(({ runKey }) => ({
    ...{ runKey, ix: 0, tryNumber: 1, token: 1 },
    ...{ outcome, startMs: null, endMs: 0 },
  }));
  return forecast(reports, known);
}

const keysOf = (refs: readonly { readonly runKey: number }[]): number[] =>
  refs.map((ref) => ref.runKey);

describe('the ready list', () => {
  it('gives the older run first, also one that comes back, and a better rank before that', () => {
    const list = listOf(runOf(2), runOf(3), runOf(1, chainOf('a'), { lane: 'backfill' }));
    expect(keysOf(list.take(free(1)))).toEqual([2]);
    list.add(runOf(2), 1);
    list.add(runOf(9, { a: { priority: 5 } }), 0);
    expect(keysOf(list.take(free(9)))).toEqual([9, 2, 3, 1]);
    expect(list.size).toBe(0);
  });

  it('takes nothing for slots that the next tasks of older runs are about to take', () => {
    const list = listOf(runOf(5), runOf(6));
    expect(list.take(free(2), endingOf([runOf(1), runOf(2)]))).toEqual([]);
    expect(keysOf(list.take(free(3), endingOf([runOf(1), runOf(2)])))).toEqual([5]);
    expect(list.size).toBe(1);
  });

  it('takes what ranks before those next tasks', () => {
    const list = listOf(runOf(5), runOf(9));
    list.add(runOf(8, { a: { priority: 5 } }), 0);
    expect(keysOf(list.take(free(2), endingOf([runOf(7)])))).toEqual([8, 5]);
  });

  it('counts no next task that is not sure: of a failed one, a join, or a run at its limit', () => {
    const failed = { kind: 'failed', retriable: true, error: { name: 'E', message: '' } } as const;
    const join = { a: {}, b: {}, c: { upstream: ['a', 'b'] } };
    const full = runOf(1, chainOf('a', 'b'), { maxActiveTasks: 1 });
    expect(keysOf(listOf(runOf(5)).take(free(1), endingOf([runOf(1)], failed)))).toEqual([5]);
    expect(keysOf(listOf(runOf(5)).take(free(1), endingOf([runOf(1, join)])))).toEqual([5]);
    const list = listOf(runOf(5));
    const row = { state: 'running', clearNumber: 0, isPaused: false } as const;
    const counts = { leavesLeft: 1, failedLeaves: 0, failedTasks: 0, activeTasks: 2 };
    list.learn([{ runKey: 1, ...row, ...counts }], []);
    expect(keysOf(list.take(free(1), endingOf([full])))).toEqual([5]);
  });

  it('knows no more of a run that is over', () => {
    const list = listOf(runOf(1), runOf(2), runOf(3));
    list.forgetRun(2);
    expect(list.size).toBe(2);
    expect(keysOf(list.take(free(9)))).toEqual([1, 3]);
  });
});
