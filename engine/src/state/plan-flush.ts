import { admit } from './admit.ts';
import { applyReport } from './apply-report.ts';
import { decideLevel, rowsOfLevel, type Level } from './decide-downstream.ts';
import type { FactsOf, FlushBatch, FlushRows, FlushWrites, RunEnding } from './flush-batch.ts';
import { FlushDraft } from './flush-draft.ts';
import type { TaskRef, TaskRow } from './flush-rows.ts';

/**
 * Works out a flush from the locked rows, in memory: reports checked against try and token, downstreams
 * counted and decided level by level, ready tasks admitted. Asks for the rows of a level it does not have yet
 * by yielding them; the caller locks them into `rows.tasks` and goes on. Writes nothing itself.
 */
export function* planFlush(
  batch: FlushBatch,
  rows: FlushRows,
  factsOf: FactsOf,
): Generator<readonly TaskRef[], FlushWrites> {
  const draft = new FlushDraft(rows, batch.nowMs, factsOf);
  const started = beginRuns(draft, batch);
  wake(draft, batch.wakes);
  const { verdicts, level } = applyReports(draft, batch);
  // A retry or a lost try is ready again only if its rule still holds: an upstream may have been cleared since.
  const asked = [...level.asked, ...draft.ready, ...rootsOf(draft, started)];
  yield* decideAll(draft, { ...level, asked });
  const { grants, queued } = admit(draft, batch);
  return {
    tasks: [...draft.touchedTasks],
    runs: draft.changedRuns(),
    endings: endingsOf(draft, started),
    started,
    limits: draft.changedLimits(),
    tries: draft.tries,
    timers: draft.timers,
    timersGone: draft.timersGone,
    queued,
    grants,
    ready: [...draft.ready],
    verdicts,
  };
}

/** Decides level by level until nothing ends any more. */
export function* decideAll(
  draft: FlushDraft,
  first: Level,
): Generator<readonly TaskRef[], undefined> {
  let level: Level = first;
  while (draft.settled.length > 0 || level.skips.length > 0 || level.asked.length > 0) {
    const missing = rowsOfLevel(draft, level);
    if (missing.length > 0) yield missing;
    decideLevel(draft, level);
    level = { skips: [], asked: [] };
  }
}

function beginRuns(draft: FlushDraft, batch: FlushBatch): number[] {
  const started: number[] = [];
  for (const runKey of batch.begins) {
    const run = draft.rows.runs.get(runKey);
    // One with a past is settled whole: its roots may have finished long ago.
    if (run?.state !== 'queued' || run.clearNumber > 0) continue;
    draft.touchRun(run);
    run.state = 'running';
    started.push(runKey);
    const timeout = draft.factsOf(runKey).flow.runTimeoutMs;
    if (timeout === null) continue;
    draft.timers.push({ runKey, ix: -1, kind: 'run_timeout', dueMs: batch.nowMs + timeout });
  }
  return started;
}

function rootsOf(draft: FlushDraft, started: readonly number[]): TaskRef[] {
  return started.flatMap((runKey) =>
    draft
      .factsOf(runKey)
      .flow.graph.tasks.flatMap((task, ix) => (task.upstream.length === 0 ? [{ runKey, ix }] : [])),
  );
}

function wake(draft: FlushDraft, wakes: readonly TaskRef[]): void {
  for (const { runKey, ix } of wakes) {
    const row = draft.task({ runKey, ix });
    // A scheduler that was away may fire a timer that was set anew since.
    if (row?.dueMs !== undefined && row.dueMs !== null && row.dueMs > draft.nowMs) continue;
    if (row?.state === 'up_for_retry' || row?.state === 'up_for_reschedule') {
      draft.move(row, 'schedule');
    }
    for (const kind of ['retry', 'reschedule'] as const) {
      draft.timersGone.push({ runKey, ix, kind });
    }
  }
}

function applyReports(
  draft: FlushDraft,
  batch: FlushBatch,
): { verdicts: ('accepted' | 'stale')[]; level: Level } {
  const verdicts: ('accepted' | 'stale')[] = [];
  const skips: TaskRef[] = [];
  const asked: TaskRow[] = [];
  for (const report of batch.reports) {
    const effects = applyReport(draft, report);
    verdicts.push(effects === null ? 'stale' : 'accepted');
    if (effects === null) continue;
    skips.push(...effects.skips);
    if (effects.restarted !== null) asked.push(effects.restarted);
  }
  return { verdicts, level: { skips, asked } };
}

function endingsOf(draft: FlushDraft, started: readonly number[]): RunEnding[] {
  const isEmpty = (runKey: number): boolean => draft.factsOf(runKey).flow.graph.tasks.length === 0;
  const ended = [
    ...[...draft.runsWithEnds].filter((run) => run.state === 'running' && run.leavesLeft <= 0),
    ...started.filter(isEmpty).map((runKey) => draft.run(runKey)),
  ];
  return ended.map((run) => ({
    runKey: run.runKey,
    state: run.failedLeaves > 0 ? 'failed' : 'success',
    reason: run.failedLeaves > 0 ? 'task_failure' : null,
  }));
}
