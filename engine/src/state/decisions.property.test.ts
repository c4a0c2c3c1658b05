import fc from 'fast-check';
import { expect, it } from 'vitest';

import { TRIGGER_RULES } from '../dag/serialized-dag.ts';
import { skippedByBranch, skippedByShortCircuit } from './branch.ts';
import { recount } from './recount.ts';
import { runOutcome } from './run-outcome.ts';
import { settle } from './settle.ts';
import { downstreamClosure, toTaskGraph, type TaskGraph } from './task-graph.ts';
import { isFinishedTaskState, TASK_STATES, type TaskState } from './task-state.ts';
import { decide, type AnyTriggerRule } from './trigger-rule.ts';
import { countUpstream, noneFinished } from './upstream-counts.ts';

const RULES: readonly AnyTriggerRule[] = [...TRIGGER_RULES, 'all_done_setup_success'];
const rule = fc.constantFrom(...RULES);
const state = fc.constantFrom(...TASK_STATES);
const finished = fc.constantFrom(...TASK_STATES.filter(isFinishedTaskState));

/** Graphs of up to twelve tasks; every edge goes from a lower place to a higher one. */
const graph: fc.Arbitrary<TaskGraph> = fc
  .array(
    fc.record({ rule, isSetup: fc.boolean(), upstream: fc.array(fc.nat(11), { maxLength: 4 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((tasks) =>
    toTaskGraph(
      tasks.map((task, ix) => ({
        id: `t${ix}`,
        triggerRule: task.rule,
        isSetup: task.isSetup,
        upstream: [...new Set(task.upstream)].filter((up) => up < ix).map((up) => `t${up}`),
      })),
    ),
  );

interface Upstream {
  readonly state: TaskState;
  readonly isSetup: boolean;
}
const upstreams: fc.Arbitrary<readonly Upstream[]> = fc.array(
  fc.record({ state: finished, isSetup: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);

it('never changes a decision as further upstreams finish', () => {
  fc.assert(
    fc.property(rule, upstreams, (ofTask, ends) => {
      const counts = noneFinished(ends.length, ends.filter((up) => up.isSetup).length);
      let decision = decide(ofTask, counts);
      for (const end of ends) {
        countUpstream(counts, end);
        const now = decide(ofTask, counts);
        if (isLasting(ofTask, decision)) expect(now).toBe(decision);
        decision = now;
      }
    }),
    { numRuns: 2_000 },
  );
});

/**
 * A skip may still become upstream_failed where a failure weighs more than a skip: whoever has applied the
 * skip at once keeps it, as in Airflow.
 */
function isLasting(ofTask: AnyTriggerRule, decision: string): boolean {
  if (decision === 'skip') return ofTask !== 'all_success';
  return decision !== 'wait';
}

it('decides nothing but run or an end once every upstream present has finished', () => {
  fc.assert(
    fc.property(rule, upstreams, (ofTask, ends) => {
      const present = ends.filter((end) => end.state !== 'removed');
      const counts = noneFinished(present.length, present.filter((up) => up.isSetup).length);
      for (const end of present) countUpstream(counts, end);
      expect(decide(ofTask, counts)).not.toBe('wait');
    }),
  );
});

it('decides the same in whatever order the upstreams finish', () => {
  fc.assert(
    fc.property(
      rule,
      upstreams,
      fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
      (ofTask, ends, noise) => {
        const shuffled = ends
          .map((end, i) => ({ end, at: noise[i]! }))
          .sort((a, b) => a.at - b.at)
          .map(({ end }) => end);
        const decisions = [ends, shuffled].map((order) => {
          const counts = noneFinished(order.length, order.filter((up) => up.isSetup).length);
          for (const end of order) countUpstream(counts, end);
          return decide(ofTask, counts);
        });
        expect(decisions[0]).toBe(decisions[1]);
      },
    ),
  );
});

it('recounts to what counting step by step has come to, forth and back', () => {
  const steps = fc.array(fc.tuple(fc.nat(11), state), { maxLength: 40 });
  fc.assert(
    fc.property(graph, steps, (tasks, moves) => {
      const states: TaskState[] = tasks.tasks.map(() => 'none');
      const kept = recount(tasks, states).map((counts) => ({ ...counts }));
      for (const [place, next] of moves) {
        const ix = place % states.length;
        const isSetup = tasks.tasks[ix]!.isSetup;
        for (const child of tasks.tasks[ix]!.downstream) {
          countUpstream(kept[child]!, { state: states[ix]!, isSetup }, -1);
          countUpstream(kept[child]!, { state: next, isSetup });
        }
        states[ix] = next;
      }
      expect(kept).toEqual(recount(tasks, states));
    }),
  );
});

it('settles for good: asking the rules again changes nothing', () => {
  fc.assert(
    fc.property(graph, fc.array(state, { minLength: 12, maxLength: 12 }), (tasks, given) => {
      const first = settle(tasks, given.slice(0, tasks.tasks.length));
      expect(settle(tasks, first.states)).toEqual(first);
    }),
  );
});

it('moves only what is undecided when it settles', () => {
  fc.assert(
    fc.property(graph, fc.array(state, { minLength: 12, maxLength: 12 }), (tasks, given) => {
      const before = given.slice(0, tasks.tasks.length);
      for (const [ix, after] of settle(tasks, before).states.entries()) {
        if (after === before[ix]) continue;
        expect(['none', 'scheduled', 'up_for_retry', 'up_for_reschedule']).toContain(before[ix]);
        expect(['skipped', 'upstream_failed', 'none']).toContain(after);
      }
    }),
  );
});

it('brings every run to an end that only tasks decide, whatever they end as', () => {
  const ends = fc.array(fc.constantFrom<TaskState>('success', 'failed', 'skipped'), {
    minLength: 12,
    maxLength: 12,
  });
  fc.assert(
    fc.property(graph, ends, (tasks, endOf) => {
      let states: readonly TaskState[] = tasks.tasks.map(() => 'none');
      for (let round = 0; round <= tasks.tasks.length; round += 1) {
        const settled = settle(tasks, states);
        if (settled.runnable.length === 0) {
          const outcome = runOutcome(tasks, settled.states);
          expect(outcome).not.toMatchObject({ state: 'running' });
          expect(outcome).not.toMatchObject({ reason: 'all_tasks_deadlocked' });
          return;
        }
        states = settled.states.map((now, ix) =>
          settled.runnable.includes(ix) ? endOf[ix]! : now,
        );
      }
      expect.unreachable('a run of n tasks ends within n rounds');
    }),
    { numRuns: 500 },
  );
});

it('skips by branch only what no chosen task leads to', () => {
  fc.assert(
    fc.property(graph, fc.nat(11), fc.array(fc.nat(11)), (tasks, place, picks) => {
      const branch = place % tasks.tasks.length;
      const chosen = picks.map((pick) => `t${pick}`);
      const skipped = skippedByBranch(tasks, branch, chosen);
      const direct = tasks.tasks[branch]!.downstream;
      const taken = direct.filter((ix) => chosen.includes(`t${ix}`));
      const reached = downstreamClosure(tasks, taken);
      for (const ix of direct) {
        expect(skipped.includes(ix)).toBe(!taken.includes(ix) && !reached.has(ix));
      }
      expect(skipped.every((ix) => direct.includes(ix))).toBe(true);
      const all = skippedByShortCircuit(tasks, branch);
      expect(new Set(all)).toEqual(downstreamClosure(tasks, [branch]));
    }),
  );
});
