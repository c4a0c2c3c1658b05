import type { TaskOutcome } from '../dag/task-outcome.ts';
import type { Json } from '../platform/json.ts';
import { skippedByBranch, skippedByShortCircuit } from './branch.ts';
import type { Report } from './flush-batch.ts';
import type { FlushDraft } from './flush-draft.ts';
import type { TaskRef, TaskRow, TryRow } from './flush-rows.ts';
import { outcomeEvent } from './outcome-event.ts';
import { retryDelayMs } from './retry-delay.ts';
import { nextTaskState } from './task-state.ts';

/** What else a report asks for. */
export interface ReportEffects {
  /** Skipped by a branch or short circuit, whatever their rules say. */
  readonly skips: readonly TaskRef[];
  /** Cleared while running, over now: its rule is asked again. */
  readonly restarted: TaskRow | null;
}

const NO_EFFECTS: ReportEffects = { skips: [], restarted: null };

/** Applies one report, or answers null: another try or token holds the task instance by now. */
export function applyReport(draft: FlushDraft, told: Report): ReportEffects | null {
  const row = draft.task(told);
  if (row?.token !== told.token || row.tryNumber !== told.tryNumber) return null;
  const report = { ...told, ...withinGrant(told, row, draft.nowMs) };
  const event = outcomeEvent(report.outcome, row);
  if (nextTaskState(row.state, event) === null) return null;
  const wasQueued = row.state === 'queued';
  const wasRestarting = row.state === 'restarting';
  row.endMs = report.endMs;
  if (!wasQueued) keepTry(draft, row, report);
  draft.move(row, event);
  if (wasRestarting) return { skips: [], restarted: startAfresh(row) };
  if (event === 'retry') waitForRetry(draft, row);
  else if (event === 'reschedule') waitForReschedule(draft, row, report.outcome);
  else if (event === 'lose') forgetLostTry(row);
  else row.firstStartMs = null;
  return skipsOf(draft, row, report.outcome);
}

/** Longer than a report is ever on its way. */
const CLOCK_IS_OFF_MS = 60_000;
/** Clocks that agree do so within this. */
const NEARLY_MS = 1_000;

/**
 * A try ran between its grant and now, whatever its worker's clock said, which may have been set meanwhile. Times that
 * can be right are left as they are: a report may have waited for us.
 */
function withinGrant(
  { startMs, endMs, clockOffMs = 0 }: Report,
  row: TaskRow,
  nowMs: number,
): Pick<Report, 'startMs' | 'endMs'> {
  const grantedMs = row.startMs ?? -Infinity;
  const isOff =
    Math.abs(clockOffMs) > CLOCK_IS_OFF_MS ||
    endMs > nowMs + NEARLY_MS ||
    (startMs ?? endMs) < grantedMs - NEARLY_MS;
  const offMs = isOff ? clockOffMs : 0;
  const end = Math.max(grantedMs, Math.min(endMs + offMs, nowMs));
  const start = startMs === null ? null : Math.min(end, Math.max(grantedMs, startMs + offMs));
  return { startMs: start, endMs: end };
}

function startAfresh(row: TaskRow): TaskRow {
  row.firstStartMs = null;
  return row;
}

/** The jitter is drawn from the retry, not the try, so that a cleared task starts with the short wait again. */
function waitForRetry(draft: FlushDraft, row: TaskRow): void {
  const task = draft.taskOf(row);
  const retry = Math.max(1, task.retries - (row.maxTries - row.tryNumber));
  const delay = retryDelayMs(task, retry, `${draft.facts(row).identity}/${task.id}`);
  row.firstStartMs = null;
  waitUntil(draft, { row, kind: 'retry', delay });
}

function waitForReschedule(draft: FlushDraft, row: TaskRow, outcome: TaskOutcome): void {
  row.firstStartMs ??= row.startMs;
  const delay = outcome.kind === 'rescheduled' ? outcome.afterMs : 0;
  waitUntil(draft, { row, kind: 'reschedule', delay });
}

function waitUntil(
  draft: FlushDraft,
  wait: { readonly row: TaskRow; readonly kind: 'retry' | 'reschedule'; readonly delay: number },
): void {
  if (wait.delay <= 0) {
    draft.move(wait.row, 'schedule');
    return;
  }
  const dueMs = draft.nowMs + wait.delay;
  wait.row.dueMs = dueMs;
  draft.timers.push({ runKey: wait.row.runKey, ix: wait.row.ix, kind: wait.kind, dueMs });
}

/** The next start counts as a new try, which must not cost a retry. A rescheduled try simply resumes. */
function forgetLostTry(row: TaskRow): void {
  if (row.firstStartMs === null) row.maxTries += 1;
}

function skipsOf(draft: FlushDraft, row: TaskRow, outcome: TaskOutcome): ReportEffects {
  if (outcome.kind !== 'branched' && outcome.kind !== 'short_circuited') return NO_EFFECTS;
  const graph = draft.facts(row).flow.graph;
  const chosen = outcome.kind === 'branched' ? outcome.chosen : [];
  row.chosen = JSON.stringify(chosen);
  const places =
    outcome.kind === 'branched'
      ? skippedByBranch(graph, row.ix, chosen)
      : skippedByShortCircuit(graph, row.ix);
  return { skips: places.map((ix) => ({ runKey: row.runKey, ix })), restarted: null };
}

function keepTry(draft: FlushDraft, row: TaskRow, report: Report): void {
  const ending = tryEnding(report.outcome);
  if (ending === null) return;
  draft.tries.push({
    runKey: row.runKey,
    ix: row.ix,
    tryNumber: row.tryNumber,
    token: row.token,
    clearNumber: row.clearNumber,
    sessionKey: row.sessionKey,
    scheduledMs: row.scheduledMs,
    startMs: report.startMs ?? row.startMs,
    endMs: report.endMs,
    ...ending,
  });
}

function tryEnding(outcome: TaskOutcome): Pick<TryRow, 'state' | 'output' | 'error'> | null {
  switch (outcome.kind) {
    case 'success':
    case 'branched':
    case 'short_circuited':
      return { state: 'success', output: toJson(outcome.output), error: null };
    case 'failed':
      return { state: 'failed', output: null, error: toJson({ ...outcome.error }) };
    case 'skipped':
      return { state: 'skipped', output: null, error: reasonOf('Skipped', outcome.reason) };
    case 'lost':
      return { state: 'lost', output: null, error: lossOf(outcome) };
    case 'rescheduled':
      return null;
  }
}

/** In the error of a try whose process was killed; kills in a row are counted by it. */
export const PROCESS_KILLED = 'PROCESS_KILLED';

function lossOf({ reason, cause }: Extract<TaskOutcome, { kind: 'lost' }>): string {
  const loss = { name: 'Lost', message: reason };
  return toJson(cause === undefined ? loss : { ...loss, code: PROCESS_KILLED });
}

function reasonOf(name: string, message: string): string {
  return toJson({ name, message });
}

function toJson(value: Json): string {
  return JSON.stringify(value);
}
